package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// adminToken returns the token of the administrator, kept in dir; it makes one
// where there is none. loose says that others could read the file, which no
// longer can.
func adminToken(dir string) (token string, loose bool, err error) {
	path := filepath.Join(dir, "admin-token")
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		token, err = newToken(path)
		return token, false, err
	case err != nil:
		return "", false, err
	}
	if loose = info.Mode().Perm()&0o077 != 0; loose {
		if err := os.Chmod(path, 0o600); err != nil {
			return "", true, err
		}
	}
	token, err = readToken(path)
	return token, loose, err
}

// newToken makes a token of 256 random bits and keeps it at path.
func newToken(path string) (string, error) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(b[:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(token + "\n")
	return token, errors.Join(err, f.Sync(), f.Close())
}

// readToken returns the token in the file at path.
func readToken(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if len(token) < 16 || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("%s: a token is one word of 16 letters at least", path)
	}
	return token, nil
}
