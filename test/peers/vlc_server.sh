#!/bin/bash
# An RTSP server made of VLC: a third kind of peer, with a packetizer and RTCP of its own.
#
#   vlc_server.sh FILE [PORT] [PATH]      PORT 0 (the default) takes any free one, PATH is /test by default
#
# Sends the tracks of FILE (MP4, MKV, .264) unchanged, at real time, once; a client gets what is due when it comes, so
# it usually enters in the middle of a group of pictures. RTSP_USER and RTSP_PASSWORD in the environment ask for them.
# Prints one line `ready rtsp://127.0.0.1:PORT/PATH` on stdout once it listens. Ends on SIGTERM, or with the file.
# VLC refuses to run as root; then it runs as nobody, who must be able to read FILE.
#
# Debian and Ubuntu packages: vlc-bin vlc-plugin-base
set -euo pipefail

file=$1
port=${2:-0}
path=/${3:-test}
path=/${path##/}

listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
while [[ $port == 0 ]]; do
  port=$((20000 + RANDOM % 10000))
  if listens "$port"; then port=0; fi
done

as_user=()
if [[ $EUID == 0 ]]; then as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp); fi
credentials=()
if [[ -n ${RTSP_USER:-} ]]; then credentials=(--sout-rtsp-user "$RTSP_USER" --sout-rtsp-pwd "${RTSP_PASSWORD:-}"); fi

"${as_user[@]}" cvlc --quiet --no-sout-rtp-sap --play-and-exit "${credentials[@]}" \
  --sout "#rtp{sdp=rtsp://127.0.0.1:$port$path}" "$file" > /dev/null 2>&1 < /dev/null &
vlc=$!
trap 'kill "$vlc" 2>/dev/null || true' TERM INT
until listens "$port"; do
  kill -0 "$vlc" 2>/dev/null || { echo "vlc_server: VLC ended before it listened" >&2; exit 1; }
  sleep 0.05
done
echo "ready rtsp://127.0.0.1:$port$path"
wait "$vlc" || true
wait "$vlc" || true
