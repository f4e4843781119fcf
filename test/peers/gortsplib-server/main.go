// An RTSP server made of gortsplib: a publisher sends with ANNOUNCE and RECORD, any number of readers play it.
//
// Usage
//
//	go run . [-port 0] [-path /live] [-user U -password P]
//
// then, for instance
//
//	ffmpeg -re -i clip.mp4 -c copy -f rtsp -rtsp_transport tcp rtsp://127.0.0.1:PORT/live
//
// Prints one line `ready rtsp://127.0.0.1:PORT/PATH` on stdout once it listens, and `publishing` each time a
// publisher begins. Readers may use TCP or UDP and need the credentials, if given; the publisher needs none. When the
// publisher leaves, the readers are disconnected. A reader before the publisher gets 404. Ends on SIGTERM, SIGINT.
//
// Needs Go 1.23 or later and the Go module proxy for the first build, no packages of the system.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtp"
)

// relay hands what one publisher sends to all readers of one path.
type relay struct {
	server         *gortsplib.Server
	path           string
	user, password string

	mutex     sync.Mutex
	stream    *gortsplib.ServerStream
	publisher *gortsplib.ServerSession
}

func status(code base.StatusCode) *base.Response {
	return &base.Response{StatusCode: code}
}

// current is the stream that readers of the path get, nil before and after its publisher.
func (r *relay) current(path string) *gortsplib.ServerStream {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if strings.Trim(path, "/") != r.path {
		return nil
	}
	return r.stream
}

func (r *relay) reader(conn *gortsplib.ServerConn, request *base.Request, path string) (
	*base.Response, *gortsplib.ServerStream, error,
) {
	if r.user != "" && !conn.VerifyCredentials(request, r.user, r.password) {
		return status(base.StatusUnauthorized), nil, liberrors.ErrServerAuth{}
	}
	stream := r.current(path)
	if stream == nil {
		return status(base.StatusNotFound), nil, nil
	}
	return status(base.StatusOK), stream, nil
}

// OnDescribe answers a reader.
func (r *relay) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (
	*base.Response, *gortsplib.ServerStream, error,
) {
	return r.reader(ctx.Conn, ctx.Request, ctx.Path)
}

// OnAnnounce takes a publisher, one at a time.
func (r *relay) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if strings.Trim(ctx.Path, "/") != r.path {
		return status(base.StatusNotFound), nil
	}
	if r.stream != nil {
		return status(base.StatusForbidden), fmt.Errorf("somebody is publishing already")
	}
	stream := &gortsplib.ServerStream{Server: r.server, Desc: ctx.Description}
	if err := stream.Initialize(); err != nil {
		return status(base.StatusBadRequest), err
	}
	r.stream, r.publisher = stream, ctx.Session
	return status(base.StatusOK), nil
}

// OnSetup takes a track of a publisher or of a reader.
func (r *relay) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if ctx.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return status(base.StatusOK), nil, nil
	}
	return r.reader(ctx.Conn, ctx.Request, ctx.Path)
}

// OnPlay lets a reader begin.
func (r *relay) OnPlay(_ *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return status(base.StatusOK), nil
}

// OnRecord lets the publisher begin.
func (r *relay) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	stream := r.current(r.path)
	if stream == nil {
		return status(base.StatusNotFound), nil
	}
	ctx.Session.OnPacketRTPAny(func(media *description.Media, _ format.Format, packet *rtp.Packet) {
		if err := stream.WritePacketRTP(media, packet); err != nil {
			log.Printf("relay: %v", err)
		}
	})
	fmt.Println("publishing")
	return status(base.StatusOK), nil
}

// OnSessionClose ends the stream with its publisher.
func (r *relay) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.stream != nil && ctx.Session == r.publisher {
		r.stream.Close()
		r.stream, r.publisher = nil, nil
	}
}

// freeUDPPair finds an even port whose successor is free too, as RTP and RTCP want them.
func freeUDPPair() (int, error) {
	for range 100 {
		rtpConn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return 0, err
		}
		port := rtpConn.LocalAddr().(*net.UDPAddr).Port
		rtcpConn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + 1})
		rtpConn.Close()
		if err == nil {
			rtcpConn.Close()
			if port%2 == 0 {
				return port, nil
			}
		}
	}
	return 0, fmt.Errorf("no free pair of UDP ports")
}

func main() {
	port := flag.Int("port", 0, "TCP port on 127.0.0.1, 0 is any free one")
	path := flag.String("path", "/live", "path of the stream")
	user := flag.String("user", "", "user that readers must give")
	password := flag.String("password", "", "password that readers must give")
	flag.Parse()

	udpPort, err := freeUDPPair()
	if err != nil {
		log.Fatal(err)
	}
	r := &relay{path: strings.Trim(*path, "/"), user: *user, password: *password}
	var address net.Addr
	r.server = &gortsplib.Server{
		Handler:        r,
		RTSPAddress:    fmt.Sprintf("127.0.0.1:%d", *port),
		UDPRTPAddress:  fmt.Sprintf("127.0.0.1:%d", udpPort),
		UDPRTCPAddress: fmt.Sprintf("127.0.0.1:%d", udpPort+1),
		Listen: func(network, listenAddress string) (net.Listener, error) {
			listener, err := net.Listen(network, listenAddress)
			if err == nil {
				address = listener.Addr()
			}
			return listener, err
		},
	}
	if err := r.server.Start(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready rtsp://%s/%s\n", address, r.path)

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	r.server.Close()
}
