// Package email sends messages by SMTP.
package email

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"strings"

	"github.com/wneessen/go-mail"

	"pleth/internal/notify"
)

// Config says where mail goes in, and to whom it goes.
type Config struct {
	Host     string
	Port     int
	User     string // empty: no login
	Password string
	// TLS is "starttls" (must be offered), "tls" from the first byte, or "none",
	// which is for a server on the same machine.
	TLS  string
	From string
	To   []string
	// Trust replaces the roots of the system; nil: those.
	Trust *tls.Config
}

// Channel sends to fixed addresses.
type Channel struct{ cfg Config }

// New checks cfg and returns a channel.
func New(cfg Config) (*Channel, error) {
	switch {
	case cfg.Host == "" || cfg.From == "" || len(cfg.To) == 0:
		return nil, errors.New("e-mail needs a host, a sender and at least one recipient")
	case cfg.TLS != "starttls" && cfg.TLS != "tls" && cfg.TLS != "none":
		return nil, fmt.Errorf("tls %q: write starttls, tls or none", cfg.TLS)
	case cfg.TLS == "none" && cfg.User != "":
		return nil, errors.New("a password is not sent without TLS")
	}
	c := &Channel{cfg}
	if _, err := c.letter(&notify.Message{ID: "check", Alarm: "check"}); err != nil {
		return nil, err
	}
	return c, nil
}

// Send sends m. The first mail of an alarm has an id made of it, and those
// after it answer that one, so that a reader keeps them together. The receipt
// is the id of the mail.
func (c *Channel) Send(ctx context.Context, m *notify.Message) (string, error) {
	letter, err := c.letter(m)
	if err != nil {
		return "", &notify.Refusal{Text: err.Error(), Final: true}
	}
	options := []mail.Option{mail.WithPort(c.cfg.Port), mail.WithTLSPortPolicy(mail.TLSMandatory)}
	switch c.cfg.TLS {
	case "tls":
		options = []mail.Option{mail.WithSSL(), mail.WithPort(c.cfg.Port)}
	case "none":
		options = []mail.Option{mail.WithTLSPolicy(mail.NoTLS), mail.WithPort(c.cfg.Port)}
	}
	if c.cfg.Port == 0 {
		options = options[:len(options)-1]
	}
	if c.cfg.Trust != nil {
		options = append(options, mail.WithTLSConfig(c.cfg.Trust))
	}
	if c.cfg.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.cfg.User), mail.WithPassword(c.cfg.Password))
	}
	client, err := mail.NewClient(c.cfg.Host, options...)
	if err != nil {
		return "", &notify.Refusal{Text: err.Error(), Final: true}
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		var send *mail.SendError
		if errors.As(err, &send) && !send.IsTemp() && send.ErrorCode() >= 500 {
			return "", &notify.Refusal{Text: err.Error(), Final: true}
		}
		return "", err
	}
	return strings.Trim(letter.GetMessageID(), "<>"), nil
}

func (c *Channel) letter(m *notify.Message) (*mail.Msg, error) {
	l := mail.NewMsg()
	if err := l.From(c.cfg.From); err != nil {
		return nil, fmt.Errorf("sender %q: %w", c.cfg.From, err)
	}
	if err := l.To(c.cfg.To...); err != nil {
		return nil, fmt.Errorf("recipients %q: %w", c.cfg.To, err)
	}
	_, domain, _ := strings.Cut(c.cfg.From, "@")
	domain = strings.TrimRight(domain, "> ")
	first := digest(m.Alarm+" "+string(notify.Trigger)) + "@" + domain
	if m.Event == notify.Trigger && !m.Escalated {
		l.SetMessageIDWithValue(first)
	} else {
		l.SetMessageIDWithValue(digest(m.ID) + "@" + domain)
		l.SetGenHeader(mail.HeaderInReplyTo, "<"+first+">")
		l.SetGenHeader(mail.HeaderReferences, "<"+first+">")
	}
	l.SetGenHeader("Auto-Submitted", "auto-generated")
	l.SetDateWithValue(m.At)
	l.Subject(m.Summary())
	l.SetBodyString(mail.TypeTextPlain, plain(m))
	l.AddAlternativeString(mail.TypeTextHTML, rich(m))
	return l, nil
}

// lines are what a mail says, by label.
func lines(m *notify.Message) [][2]string {
	var out [][2]string
	for _, one := range [][2]string{
		{"Condition", m.Condition}, {"Value", m.Value}, {"Bed", m.Bed}, {"Beds", strings.Join(m.Beds, ", ")}, {"Device", m.Device},
		{"Time", m.At.Format("2006-01-02 15:04:05 MST")}, {"Delays in force", m.Delays}, {"Acknowledged by", m.Actor},
	} {
		if one[1] != "" {
			out = append(out, one)
		}
	}
	return out
}

const foot = "pleth is not a medical device and does not replace watching the patient."

func plain(m *notify.Message) string {
	var b strings.Builder
	fmt.Fprintln(&b, m.Summary())
	fmt.Fprintln(&b)
	for _, one := range lines(m) {
		fmt.Fprintf(&b, "%s: %s\n", one[0], one[1])
	}
	if m.Link != "" {
		fmt.Fprintf(&b, "\n%s\n", m.Link)
	}
	return b.String() + "\n" + foot + "\n"
}

func rich(m *notify.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html><html lang=\"en\"><body><h1 style=\"font-size:18px\">%s</h1><table>", html.EscapeString(m.Summary()))
	for _, one := range lines(m) {
		fmt.Fprintf(&b, "<tr><th align=\"left\">%s</th><td>%s</td></tr>", html.EscapeString(one[0]), html.EscapeString(one[1]))
	}
	b.WriteString("</table>")
	if m.Link != "" {
		fmt.Fprintf(&b, "<p><a href=\"%s\">Open the alarm</a></p>", html.EscapeString(m.Link))
	}
	return b.String() + "<p>" + foot + "</p></body></html>"
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:12])
}
