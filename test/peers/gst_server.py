#!/usr/bin/python3
"""A small RTSP server made of GStreamer's gst-rtsp-server: a real peer for fixtures and for interoperability checks.

Usage
  gst_server.py --file clip.mp4                         H.264 (and with --audio its AAC) out of an MP4, remuxed unchanged
  gst_server.py --file clip.h264 --fps 25 [--loop]      an Annex B byte stream without B-frames, remuxed unchanged
  gst_server.py --launch '( videotestsrc is-live=1 ! x264enc ! rtph264pay name=pay0 )'
  ... --port 0 --path /test                             0 takes any free port
  ... --user U --password P --auth digest|basic         asks for credentials
  ... --seqnum-offset 65500 --timestamp-offset 4294900000 --config-interval -1 --aggregate-mode zero-latency --mtu 1400
  ... --protocols udp                                   media by this way alone, tcp or udp; others are refused with 461
  ... --rtcp-interval 1.5                               seconds between sender reports (GStreamer's own default is 5)

Prints one line `ready rtsp://127.0.0.1:PORT/PATH` on stdout once it listens. Every client gets its own playback, from the
first frame, at real time; at the end of the file the server sends RTCP BYE and keeps the connection. Ends on SIGTERM, SIGINT.

Debian and Ubuntu packages: python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
gstreamer1.0-plugins-bad (h264parse), and gstreamer1.0-plugins-ugly for x264enc in a --launch line. It needs the
system's own interpreter (/usr/bin/python3), where apt puts the gi module.
"""

import argparse
import itertools
import signal
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtsp', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ROLE = 'viewer'


def parse_args():
    parser = argparse.ArgumentParser(description='RTSP server on loopback, made of gst-rtsp-server')
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument('--file', help='.mp4/.mov or .h264/.264 file, sent as it is')
    source.add_argument('--launch', help='gst-launch pipeline whose payloaders are named pay0, pay1, ...')
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--path', default='/test')
    parser.add_argument('--audio', action='store_true', help='also send the AAC track of an MP4, as pay1')
    parser.add_argument('--loop', action='store_true', help='repeat a byte stream file without end')
    parser.add_argument('--fps', type=int, default=25, help='picture rate of a byte stream file')
    parser.add_argument('--seqnum-offset', type=int, default=-1, help='first RTP sequence number, -1: random')
    parser.add_argument('--timestamp-offset', type=int, default=-1, help='RTP timestamp of time zero, -1: random')
    parser.add_argument('--config-interval', type=int, default=0,
                        help='seconds between in-band SPS and PPS, -1: before every IDR, 0: only those of the file')
    parser.add_argument('--aggregate-mode', default='none', choices=['none', 'zero-latency', 'max-stap'])
    parser.add_argument('--mtu', type=int, default=1400)
    parser.add_argument('--latency', type=int, help='milliseconds of latency of the media')
    parser.add_argument('--protocols', choices=['tcp', 'udp'], help='the only way for media, default: whatever is asked for')
    parser.add_argument('--rtcp-interval', type=float, help='least seconds between RTCP reports')
    parser.add_argument('--user')
    parser.add_argument('--password', default='')
    parser.add_argument('--auth', default='digest', choices=['digest', 'basic'])
    args = parser.parse_args()
    is_mp4 = bool(args.file) and args.file.lower().endswith(('.mp4', '.mov', '.m4v'))
    if args.loop and (args.launch or is_mp4):
        parser.error('--loop works with a byte stream file only')
    if args.audio and not is_mp4:
        parser.error('--audio needs an MP4 file')
    return args, is_mp4


def quoted(text):
    """A value in the syntax of gst-launch."""
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def launch_line(args, is_mp4):
    """The pipeline for the given options; with --launch that text itself."""
    if args.launch:
        return args.launch
    pay = (f'rtph264pay name=pay0 pt=96 mtu={args.mtu} config-interval={args.config_interval} '
           f'aggregate-mode={args.aggregate_mode} seqnum-offset={args.seqnum_offset}')
    if args.timestamp_offset >= 0:
        pay += f' timestamp-offset={args.timestamp_offset}'
    if not is_mp4:
        source = 'multifilesrc loop=true' if args.loop else 'filesrc'
        return f'( {source} location={quoted(args.file)} ! h264parse ! video/x-h264,alignment=au ! {pay} )'
    line = f'filesrc location={quoted(args.file)} ! qtdemux name=demux demux.video_0 ! queue ! h264parse ! {pay}'
    if args.audio:
        line += ' demux.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97'
    return f'( {line} )'


def stamp_pictures(media, fps):
    """Gives the access units of a byte stream, which carries no times, their presentation times: one every 1/fps s."""
    pictures = itertools.count()

    def stamp(_pad, info):
        buffer = info.get_buffer()
        buffer.pts = buffer.dts = next(pictures) * Gst.SECOND // fps
        return Gst.PadProbeReturn.OK

    pad = media.get_element().get_by_name('pay0').get_static_pad('sink')
    pad.add_probe(Gst.PadProbeType.BUFFER, stamp)


def set_rtcp_interval(media, seconds):
    """Shortens the RTCP interval of every stream, so that short captures hold several sender reports."""
    for index in range(media.n_streams()):
        session = media.get_stream(index).get_rtpsession()
        session.set_property('rtcp-min-interval', int(seconds * Gst.SECOND))


def require_credentials(server, factory, args):
    token = GstRtspServer.RTSPToken()
    token.set_string('media.factory.role', ROLE)
    auth = GstRtspServer.RTSPAuth()
    if args.auth == 'digest':
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(args.user, args.password, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(args.user, args.password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(ROLE, 'media.factory.access', True)
    permissions.add_permission_for_role(ROLE, 'media.factory.construct', True)
    factory.set_permissions(permissions)


def main():
    args, is_mp4 = parse_args()
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(args, is_mp4))
    factory.set_shared(False)
    if args.protocols is not None:
        lower = GstRtsp.RTSPLowerTrans
        factory.set_protocols(lower.TCP if args.protocols == 'tcp' else lower.UDP)
    if args.latency is not None:
        factory.set_latency(args.latency)
    if args.file and not is_mp4:
        factory.connect('media-configure', lambda _factory, media: stamp_pictures(media, args.fps))
    if args.rtcp_interval is not None:
        factory.connect('media-configure', lambda _factory, media: media.connect(
            'prepared', set_rtcp_interval, args.rtcp_interval))

    server = GstRtspServer.RTSPServer()
    server.set_address('127.0.0.1')
    server.set_service(str(args.port))
    if args.user is not None:
        require_credentials(server, factory, args)
    path = '/' + args.path.lstrip('/')
    server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit(f'gst_server: cannot listen on port {args.port}')

    loop = GLib.MainLoop()
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    print(f'ready rtsp://127.0.0.1:{server.get_bound_port()}{path}', flush=True)
    loop.run()


if __name__ == '__main__':
    main()
