package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a certificate on disk that is read again when it changes.
// Connections under way keep theirs; a broken new one is logged and the old
// one stays.
type certificate struct {
	certPath, keyPath string
	clock             func() time.Time
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	looked  time.Time
	stamp   [2]time.Time // when the files were written
}

// loadCertificate reads the certificate for the first time.
func loadCertificate(certPath, keyPath string, clock func() time.Time, log *slog.Logger) (*certificate, error) {
	c := &certificate{certPath: certPath, keyPath: keyPath, clock: clock, log: log, looked: clock()}
	var err error
	if c.stamp, err = c.stamps(); err == nil {
		err = c.load()
	}
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	return c, nil
}

func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.certPath, c.keyPath)
	if err == nil {
		c.current = &pair
	}
	return err
}

func (c *certificate) stamps() (s [2]time.Time, err error) {
	for i, path := range []string{c.certPath, c.keyPath} {
		info, err := os.Stat(path)
		if err != nil {
			return s, err
		}
		s[i] = info.ModTime()
	}
	return s, nil
}

// get returns the certificate for a new connection. It looks at the files once
// a second at most.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.clock(); now.Sub(c.looked) >= time.Second {
		c.looked = now
		c.refresh()
	}
	return c.current, nil
}

func (c *certificate) refresh() {
	s, err := c.stamps()
	if err == nil && s == c.stamp {
		return
	}
	if err == nil {
		err = c.load()
	}
	if err != nil {
		// The stamp stays as it was: the files may be half replaced.
		c.log.Warn("certificate not taken, the old one stays", "error", err)
		return
	}
	c.stamp = s
	c.log.Info("certificate read again", "file", c.certPath)
}

// config is what listeners speak: TLS 1.3 alone.
func (c *certificate) config(protocols ...string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: c.get, NextProtos: protocols}
}
