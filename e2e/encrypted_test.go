package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// encrypted are the options of a program that serves https, and so HTTP/2, with
// a certificate made for the test.
func encrypted(t *testing.T) []string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	dir := t.TempDir()
	write := func(name, kind string, bytes []byte) string {
		file := filepath.Join(dir, name)
		must(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
		return file
	}
	return []string{
		"--tls-cert", write("cert.pem", "CERTIFICATE", certificate),
		"--tls-key", write("key.pem", "PRIVATE KEY", private),
	}
}

// Over HTTP/2 all tabs share a connection, so hidden ones go on listening.
func TestHiddenTabsListenOverHTTP2(t *testing.T) {
	t.Parallel()
	house := start(t, encrypted(t)...)
	if !strings.HasPrefix(house.Address, "https://") {
		t.Fatalf("the program serves %s", house.Address)
	}
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	if protocol := see[string](ana, `performance.getEntriesByType('navigation')[0].nextHopProtocol`); protocol != "h2" {
		t.Fatalf("the page came by %s", protocol)
	}
	tabs := []*person{ana}
	for range 7 {
		next := ana.tab()
		next.visit("/rooms/lobby")
		next.listening()
		tabs = append(tabs, next)
	}
	bob.say("to all tabs")
	for _, tab := range tabs {
		tab.hears("to all tabs")
		tab.hasSaid("to all tabs")
		tab.listening()
	}
	tabs[7].say("heard")
	bob.hears("heard")
}

func TestWhoComesBackOverHTTP2HasEachMessageOnce(t *testing.T) {
	t.Parallel()
	house := start(t, append(encrypted(t), "--shutdown-grace", "200ms")...)
	ana := newPerson(t, house)
	ana.enter("Ana")
	bob := enters(t, house, "Bob")
	bob.says("before")
	ana.hears("before")
	house.Stop()
	house.again()
	bob.says("after")
	ana.hears("after")
	ana.hasSaid("before", "after")
}
