package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
	"parlour/cmd/parlour-load/internal/process"
	"parlour/cmd/parlour-load/internal/trial"
)

// encryptedReaders measures what line 3 says of HTTP/2: with a connection for
// each reader, as browsers have, and with connections that a hundred share; and of
// the usual handler with a connection for each.
func (b *bench) encryptedReaders(ctx context.Context) error {
	cert, key, roots, err := certificate(b.Data)
	if err != nil {
		return err
	}
	secure := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	flags := []string{"--tls-cert", cert, "--tls-key", key}
	parlour := func(name string) (*trial.Standing, error) {
		folder, err := b.seed(ctx, name, nil)
		if err != nil {
			return nil, err
		}
		return b.open(ctx, folder, flags...)
	}
	server, err := parlour("encrypted")
	if err != nil {
		return err
	}
	own, err := b.encrypted(ctx, server, 1, secure)
	if err != nil {
		return err
	}
	if server, err = parlour("encrypted-shared"); err != nil {
		return err
	}
	shared, err := b.encrypted(ctx, server, 100, secure)
	if err != nil {
		return err
	}
	if server, err = trial.StartYardstick(ctx, "usual", true, flags...); err != nil {
		return err
	}
	usual, err := b.encrypted(ctx, server, 1, secure)
	if err != nil {
		return err
	}
	l := Line{
		Number: 3,
		Asked:  fmt.Sprintf("at most 20,000 resident bytes for each idle reader at %s over HTTP/2 and TLS", thousands(float64(own.readers))),
		Measured: fmt.Sprintf("%s bytes with a connection for each (%.1f MiB in all), %s with one for a hundred; the usual handler has %s with a connection for each",
			thousands(own.each), float64(own.resident)/(1<<20), thousands(shared.each), thousands(usual.each)),
		Verdict: verdict(own.each <= 20_000 && own.lost+shared.lost == 0),
		Why:     "The verdict is of readers with a connection each. The usual handler keeps no sessions and sends nothing before the first event.",
		Cause:   fmt.Sprintf(overHTTP2, thousands(own.stacks), thousands(own.objects), thousands(own.gaps), thousands(own.unused)),
	}
	if lost := own.lost + shared.lost; lost != 0 {
		l.Why += fmt.Sprintf(" %d deliveries over HTTP/2 were missing.", lost)
	}
	b.line(l)
	return nil
}

// overHTTP2 takes what each connection has in stacks, in objects and in gaps between
// them. What they consist of was found with 1,000 readers, from the sizes of the
// goroutines' frames and a profile of the heap.
const overHTTP2 = "With a connection for each, stacks are %s bytes, objects %s, gaps between objects, which the garbage of the arrivals left, %s, " +
	"and free memory that is not handed back to the system %s. " +
	"The stacks are of three goroutines of net/http's: 8 KiB of the one that serves the connection, which waits on more than Go can fit into 4, and 4 each " +
	"of those that read its frames and keep the stream. Of the objects 4 KiB are the response's buffer, 2 that of the longest frame, 3.5 " +
	"what TLS keeps of the handshake, 1.8 its ciphers; the rest are a connection of HTTP/2 with its tables, the request and the stream. Parlour's own " +
	"part is about 1 KiB: less would take an HTTP/2 server of our own. Where readers share connections, as behind a proxy that speaks HTTP/2, each costs the " +
	"stack of its stream's goroutine, the response's buffer and its request; a proxy that ends TLS and speaks HTTP/1.1 costs what plain readers do."

// secured is what readers over HTTP/2 cost.
type secured struct {
	readers  int
	each     float64 // resident bytes
	resident int64   // in all
	lost     int64   // deliveries
	inside           // bytes of each; 0 where the server does not tell
}

// encrypted measures a server, and stops it.
func (b *bench) encrypted(ctx context.Context, server *trial.Standing, perConnection int, secure *tls.Config) (found secured, err error) {
	defer server.Stop()
	address, err := url.Parse(server.Base)
	if err != nil {
		return found, err
	}
	rooms, err := crowd.Enter(ctx, server.Base, []string{"lobby"}, b.less(200), "load", secure)
	if err != nil {
		return found, err
	}
	before, insideBefore, err := b.atRest(ctx, server, process.Pause)
	if err != nil {
		return found, err
	}
	found.readers = b.less(10_000)
	c, err := crowd.OpenEncrypted(ctx, crowd.Plan{Address: address.Host, Rooms: rooms, Readers: found.readers}, perConnection, secure)
	if err != nil {
		return found, err
	}
	defer c.Close()
	if found.resident, found.inside, err = b.atRest(ctx, server, c.Idle); err != nil {
		return found, err
	}
	each := func(before, after float64) float64 { return (after - before) / float64(found.readers) }
	found.each = each(float64(before), float64(found.resident))
	found.stacks = each(insideBefore.stacks, found.stacks)
	found.objects = each(insideBefore.objects, found.objects)
	found.gaps = each(insideBefore.gaps, found.gaps)
	found.unused = each(insideBefore.unused, found.unused)
	const posts = 5
	deliveries, err := c.Talk(ctx, posts, 100)
	found.lost = int64(posts*found.readers) - deliveries
	return found, err
}

// atRest is the server's memory once it stands still and most of what is free in it
// was handed back to the system. Go takes a hundredth of the processor for that, so
// after ten thousand arrivals on a busy machine it is long about it.
func (b *bench) atRest(ctx context.Context, server *trial.Standing, pause func(context.Context, time.Duration) error) (resident int64, found inside, err error) {
	for until := time.Now().Add(2 * time.Minute); ; {
		if resident, err = trial.Memory(ctx, server.Subject, b.setting().Settle, pause); err != nil {
			return 0, inside{}, err
		}
		if found, err = lookInside(ctx, server); err != nil {
			return 0, inside{}, err
		}
		// Go keeps a tenth of the heap for what comes next.
		if found.unused <= (found.objects+found.gaps)/8 || time.Now().After(until) {
			return resident, found, nil
		}
	}
}

// inside is what a server itself tells of its memory, in bytes.
type inside struct {
	stacks, objects float64
	gaps            float64 // between objects, in memory that is kept for more of their sizes
	unused          float64 // not handed back to the system, though nothing is in it
}

func lookInside(ctx context.Context, server *trial.Standing) (inside, error) {
	if server.Name != "parlour" {
		return inside{}, nil
	}
	told, err := trial.Fetch(ctx, server.Child.Logged("metrics")+"/metrics")
	if err != nil {
		return inside{}, fmt.Errorf("ask the server for its memory: %w", err)
	}
	figures := map[string]float64{}
	for line := range strings.Lines(string(told)) {
		var name string
		var bytes float64
		if n, _ := fmt.Sscan(line, &name, &bytes); n == 2 {
			figures[name] = bytes
		}
	}
	found := inside{stacks: figures["go_memstats_stack_inuse_bytes"], objects: figures["go_memstats_heap_alloc_bytes"]}
	found.gaps = figures["go_memstats_heap_inuse_bytes"] - found.objects
	found.unused = figures["go_memstats_heap_idle_bytes"] - figures["go_memstats_heap_released_bytes"]
	if found.stacks == 0 || found.objects == 0 {
		return inside{}, errors.New("the server does not tell its memory")
	}
	return found, nil
}

// certificate makes a certificate for 127.0.0.1 that nobody else trusts.
func certificate(folder string) (certFile, keyFile string, roots *x509.CertPool, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", nil, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	if err := os.WriteFile(certFile, certPEM, 0o600); err != nil {
		return "", "", nil, err
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		return "", "", nil, err
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, roots, nil
}
