package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
	"parlour/cmd/parlour-load/internal/process"
	"parlour/cmd/parlour-load/internal/trial"
)

// encryptedReaders measures what line 3 says of HTTP/2: with a connection for
// each reader, as browsers have, and with connections that a hundred share.
func (b *bench) encryptedReaders(ctx context.Context) error {
	own, err := b.encrypted(ctx, 1)
	if err != nil {
		return err
	}
	shared, err := b.encrypted(ctx, 100)
	if err != nil {
		return err
	}
	l := Line{
		Number: 3,
		Asked:  fmt.Sprintf("at most 20,000 resident bytes for each idle reader at %s over HTTP/2 and TLS", thousands(float64(own.readers))),
		Measured: fmt.Sprintf("%s bytes with a connection for each (%.1f MiB in all), %s with one for a hundred",
			thousands(own.each), float64(own.resident)/(1<<20), thousands(shared.each)),
		Verdict: verdict(own.each <= 20_000 && own.lost+shared.lost == 0),
		Why:     "The verdict is of readers with a connection each.",
		Cause:   overHTTP2,
	}
	if lost := own.lost + shared.lost; lost != 0 {
		l.Why += fmt.Sprintf(" %d deliveries over HTTP/2 were missing.", lost)
	}
	b.line(l)
	return nil
}

// overHTTP2 was found with 2,000 readers, from the sizes of their goroutines' stacks
// and a profile of the heap.
const overHTTP2 = "Of each connection's memory, stacks are 24 KiB: 16 of the goroutine that net/http shook hands in for TLS, which holds " +
	"too much of its stack for Go to take the rest back, and 4 each of those that read its frames and keep the stream. Buffers of net/http's " +
	"for frames, the response and TLS records are some 17 KiB; its tables, ciphers and the request are most of the rest, with what the allocator " +
	"cannot hand back. None of them is ours to give back. Where readers share connections, as behind a proxy that speaks HTTP/2, each costs the " +
	"stack of its stream's goroutine, a buffer of 4 KiB and its request; a proxy that ends TLS and speaks HTTP/1.1 costs what plain readers do."

// secured is what readers over HTTP/2 cost.
type secured struct {
	readers  int
	each     float64 // resident bytes
	resident int64   // in all
	lost     int64   // deliveries
}

func (b *bench) encrypted(ctx context.Context, perConnection int) (found secured, err error) {
	folder, err := b.seed(ctx, fmt.Sprintf("encrypted-%d", perConnection), nil)
	if err != nil {
		return found, err
	}
	cert, key, roots, err := certificate(folder)
	if err != nil {
		return found, err
	}
	server, err := b.open(ctx, folder, "--tls-cert", cert, "--tls-key", key)
	if err != nil {
		return found, err
	}
	defer server.Stop()
	secure := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	address, err := url.Parse(server.Base)
	if err != nil {
		return found, err
	}
	rooms, err := crowd.Enter(ctx, server.Base, []string{"lobby"}, b.less(200), "load", secure)
	if err != nil {
		return found, err
	}
	settle := b.setting().Settle
	before, err := trial.Memory(ctx, server.Subject, settle, process.Pause)
	if err != nil {
		return found, err
	}
	found.readers = b.less(10_000)
	c, err := crowd.OpenEncrypted(ctx, crowd.Plan{Address: address.Host, Rooms: rooms, Readers: found.readers}, perConnection, secure)
	if err != nil {
		return found, err
	}
	defer c.Close()
	found.resident, err = trial.Memory(ctx, server.Subject, settle, c.Idle)
	if err != nil {
		return found, err
	}
	found.each = float64(found.resident-before) / float64(found.readers)
	const posts = 5
	deliveries, err := c.Talk(ctx, posts, 100)
	found.lost = int64(posts*found.readers) - deliveries
	return found, err
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
