package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// homeAddress is where a program that was double-clicked answers.
const homeAddress = "127.0.0.1:8080"

// clickArgs are the arguments that a start without any stands for, where it was
// a double click: serve on loopback, with a folder of its own, and open the
// browser. Where that is running already, its pages are opened again and there
// is nothing to do: nil.
func clickArgs() ([]string, error) {
	folder, err := ownFolder(runtime.GOOS, os.Getenv)
	if err != nil {
		return nil, err
	}
	listen := homeAddress
	switch whoAnswers(homeAddress) {
	case itIsPleth:
		url := "http://" + homeAddress + "/"
		if token, err := os.ReadFile(filepath.Join(folder, "admin-token")); err == nil {
			url += "?token=" + strings.TrimSpace(string(token))
		}
		return nil, openBrowser(url)
	case itIsAnother:
		listen = "127.0.0.1:0"
	}
	return []string{"serve", "--data", folder, "--listen", listen, "--open"}, nil
}

// ownFolder is where a program that was double-clicked keeps its data: where the
// system keeps what belongs to a program and its user.
func ownFolder(system string, env func(string) string) (string, error) {
	for _, at := range map[string][][2]string{
		"windows": {{"LocalAppData", "pleth"}},
		"darwin":  {{"HOME", "Library/Application Support/pleth"}},
	}[system] {
		if dir := env(at[0]); dir != "" {
			return filepath.Join(dir, filepath.FromSlash(at[1])), nil
		}
	}
	if dir := env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "pleth"), nil
	}
	if dir := env("HOME"); dir != "" {
		return filepath.Join(dir, ".local", "share", "pleth"), nil
	}
	return "", fmt.Errorf("no folder for data: this user has no home; start pleth serve --data DIR")
}

// What answers at an address.
const (
	nobody = iota
	itIsPleth
	itIsAnother
)

func whoAnswers(address string) int {
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get("http://" + address + "/readyz")
	if err != nil {
		if strings.Contains(err.Error(), "refused") {
			return nobody
		}
		return itIsAnother
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
	if res.StatusCode == http.StatusOK && strings.Contains(string(body), "ready") {
		return itIsPleth
	}
	return itIsAnother
}

// openBrowser shows an address in the browser of the user.
func openBrowser(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	name, args := opener(runtime.GOOS, url)
	if err := exec.CommandContext(ctx, name, args...).Run(); err != nil {
		return fmt.Errorf("the browser was not opened (%s: %w): open %s yourself", name, err, url)
	}
	return nil
}

// opener returns the command of a system that shows an address in a browser.
func opener(system, url string) (name string, args []string) {
	switch system {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler", url}
	case "darwin":
		return "open", []string{url}
	}
	return "xdg-open", []string{url}
}

// clickRun runs the program as a double click does: a window that closes with it
// stays until somebody has read why it failed.
func clickRun(stdin io.Reader, stdout, stderr *os.File) int {
	args, err := clickArgs()
	code := exitFine
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "pleth:", err)
		code = exitFailed
	case args != nil:
		fmt.Fprintln(stdout, "pleth runs until this window is closed. Its pages:")
		code = run(args, stdin, stdout, stderr)
	}
	if code != exitFine {
		fmt.Fprintln(stderr, "Press Enter to close this window.")
		_, _ = bufio.NewReader(stdin).ReadString('\n')
	}
	return code
}
