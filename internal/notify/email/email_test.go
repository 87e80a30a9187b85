package email_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"pleth/internal/alarm"
	"pleth/internal/notify"
	"pleth/internal/notify/email"
)

// post is a mail server that keeps what it takes.
type post struct {
	mu     sync.Mutex
	mails  []string
	refuse error
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{post: p}, nil }

type session struct {
	post   *post
	logged bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "pleth" || password != "secret" {
			return errors.New("no")
		}
		s.logged = true
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if !s.logged {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(string, *smtp.RcptOptions) error {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	return s.post.refuse
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.mails = append(s.post.mails, string(b))
	return err
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// serve starts a mail server with STARTTLS and returns its port and the
// certificate to trust.
func serve(t *testing.T, p *post) (int, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().(*net.TCPAddr).Port, &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

func TestSend(t *testing.T) {
	t.Parallel()
	p := &post{}
	port, trust := serve(t, p)
	cfg := email.Config{Host: "localhost", Port: port, User: "pleth", Password: "secret", TLS: "starttls", From: "pleth <alarms@ward.example>", To: []string{"nurse@ward.example"}, Trust: trust}
	c, err := email.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	m := &notify.Message{ID: "m1", Alarm: "a1", Event: notify.Trigger, At: time.Unix(1763683200, 0).UTC(), Priority: alarm.High, Bed: "Bett 4 <ü>", Condition: "SpO₂ below 85 %", Value: "81 %", Link: "https://pleth.example/a?x=1&y=2"}
	first, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	m.ID, m.Event = "m2", notify.Resolve
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	opened, err := mail.ReadMessage(strings.NewReader(p.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	if h := opened.Header; h.Get("Auto-Submitted") != "auto-generated" || strings.Trim(h.Get("Message-ID"), "<>") != first || !strings.HasPrefix(h.Get("Content-Type"), "multipart/alternative") {
		t.Errorf("%v", h)
	}
	answer, err := mail.ReadMessage(strings.NewReader(p.mails[1]))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Trim(answer.Header.Get("In-Reply-To"), "<>"); got != first {
		t.Errorf("the resolve answers %q, want %q", got, first)
	}
	if !strings.Contains(p.mails[0], "&lt;=C3=BC&gt;") || !strings.Contains(p.mails[0], "not a medical device") {
		t.Error(p.mails[0])
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := &post{refuse: &smtp.SMTPError{Code: 550, Message: "no such user"}}
	port, trust := serve(t, p)
	cfg := email.Config{Host: "localhost", Port: port, User: "pleth", Password: "secret", TLS: "starttls", From: "a@b.example", To: []string{"x@b.example"}, Trust: trust}
	send := func() error {
		c, err := email.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(t.Context(), &notify.Message{ID: "m", Alarm: "a"})
		return err
	}
	if r := notify.Refused(send()); r == nil || !r.Final {
		t.Errorf("no such user: %v", r)
	}
	p.mu.Lock()
	p.refuse = &smtp.SMTPError{Code: 451, Message: "later"}
	p.mu.Unlock()
	if err := send(); err == nil || notify.Refused(err) != nil {
		t.Errorf("later: %v", err)
	}
	cfg.Trust = nil
	if err := send(); err == nil {
		t.Error("a certificate of nobody is trusted")
	}
	for _, bad := range []email.Config{{}, {Host: "h", From: "a@b", To: []string{"nobody"}, TLS: "tls"}, {Host: "h", From: "a@b", To: []string{"a@b"}, TLS: "none", User: "u"}, {Host: "h", From: "a@b", To: []string{"a@b"}}} {
		if _, err := email.New(bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
