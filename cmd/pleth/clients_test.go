package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pleth/internal/plethtest"
)

// client is a program that people send readings with: the one that is
// installed, or the one that `make services` unpacked. Where there is none, what
// it does is not tested, and the test says so.
func client(t *testing.T, name, pkg string) func(args ...string) *exec.Cmd {
	t.Helper()
	var env []string
	path, err := exec.LookPath(name)
	if err != nil {
		root, rootErr := filepath.Abs("../../.cache/clients")
		if rootErr != nil {
			t.Fatal(rootErr)
		}
		path = filepath.Join(root, "usr/bin", name)
		libs, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu"))
		env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libs, ":"))
		if _, err = os.Stat(path); err != nil {
			t.Skipf("NOT TESTED: %s is not here: make services, or install the package %s", name, pkg)
		}
	}
	return func(args ...string) *exec.Cmd {
		c := exec.CommandContext(t.Context(), path, args...)
		c.Env = env
		return c
	}
}

// TestClients sends readings to the real program with the programs that people
// use, each with the credentials it knows, and asks for what came.
func TestClients(t *testing.T) {
	t.Parallel()
	bin := built(t, t.TempDir())
	dir := filepath.Join(t.TempDir(), "data")
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	listen, broker := free(), free()
	url := "http://" + listen
	server := exec.Command(bin, "serve", "--data", dir, "--listen", listen, "--mqtt", broker)
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	plethtest.EndsWithTests(server)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			t.Errorf("the server: %v\n%s", err, said.Bytes())
		}
	})
	for tries := 0; ; tries++ {
		resp, err := http.Get(url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		if tries == 5000 {
			t.Fatalf("the server is not ready: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	b, err := os.ReadFile(filepath.Join(dir, "admin-token"))
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(string(b))
	run := func(t *testing.T, c *exec.Cmd, want string) {
		t.Helper()
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, %q is wanted\n%s", strings.ReplaceAll(strings.Join(c.Args, " "), token, "TOKEN"), err, want, out)
		}
	}
	// holds asks for the readings of a device: what an answer was given for is there.
	holds := func(t *testing.T, device, want string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/api/v1/readings?device_id="+device, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		var list struct{ Readings []json.RawMessage }
		if err == nil {
			err = json.Unmarshal(got, &list)
		}
		if err != nil || len(list.Readings) != 1 || !strings.Contains(string(got), want) {
			t.Errorf("%s has %s, %v; %s is wanted", device, got, err, want)
		}
	}
	host, port, _ := net.SplitHostPort(broker)

	t.Run("mosquitto_pub", func(t *testing.T) {
		pub := client(t, "mosquitto_pub", "mosquitto-clients")
		for _, version := range []string{"mqttv5", "mqttv311"} {
			run(t, pub("-V", version, "-q", "1", "-h", host, "-p", port, "-u", "admin", "-P", token, "-d", "-t", "pleth/v1/"+version+"/readings", "-m", `{"timestamp":"2025-11-28T20:15:00Z","spo2":90}`), "PUBACK")
			holds(t, version, `"timestamp":"2025-11-28T20:15:00Z","spo2":90`)
		}
		if out, err := pub("-V", "mqttv5", "-q", "1", "-h", host, "-p", port, "-u", "admin", "-P", "wrong", "-t", "pleth/v1/a/readings", "-m", "{}").CombinedOutput(); err == nil {
			t.Errorf("a wrong password is taken: %s", out)
		}
	})
	t.Run("influx", func(t *testing.T) {
		influx := client(t, "influx", "influxdb-client")
		host, port, _ := net.SplitHostPort(listen)
		as := []string{"-host", host, "-port", port, "-username", "admin", "-password", token}
		run(t, influx(append(as, "-execute", "CREATE DATABASE ward")...), "")
		run(t, influx(append(as, "-database", "ward", "-execute", "INSERT tissue_o2,host=influx-cli local_tissue_o2=36.5,spo2=97.1 1672531200000000000")...), "")
		holds(t, "influx-cli", `"timestamp":"2023-01-01T00:00:00Z","spo2":97.1,"local_tissue_o2":36.5`)
	})
	t.Run("curl", func(t *testing.T) {
		curl := client(t, "curl", "curl")
		status := []string{"-s", "-o", os.DevNull, "-w", "%{http_code}"}
		example := `{"device_id":"ECG-001","patient_id":"P-123","heart_rate":130,"spo2":90,"temperature_c":38.5,"timestamp":"2025-11-28T20:15:00Z"}`
		run(t, curl(append(status, "-H", "Authorization: Bearer "+token, url+"/api/v1/devices/ECG-001/readings", "-d", example)...), "201")
		holds(t, "ECG-001", `"spo2":90,"heart_rate":130,"temperature_c":38.5`)
		line := func(device string) string {
			return "tissue_o2,deviceId=" + device + ",firmware=1.2.3 local_tissue_o2=36.5,spo2=97.1,signal_quality=80 1672531200000000000"
		}
		packed := filepath.Join(t.TempDir(), "lines.gz")
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, err := io.WriteString(w, strings.Replace(line("packed"), "000000000", "", 1))
		if err := cmp.Or(err, w.Close(), os.WriteFile(packed, z.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
		for device, args := range map[string][]string{
			"token":  {"-H", "Authorization: Token " + token, url + "/api/v2/write?org=o&bucket=b", "--data-binary", line("token")},
			"basic":  {"-u", "any:" + token, url + "/write?db=ward", "--data-binary", line("basic")},
			"params": {url + "/write?db=ward&u=any&p=" + token, "--data-binary", line("params")},
			"packed": {"-H", "Authorization: Bearer " + token, "-H", "Content-Encoding: gzip", url + "/write?precision=s", "--data-binary", "@" + packed},
		} {
			run(t, curl(append(status, args...)...), "204")
			holds(t, device, `"timestamp":"2023-01-01T00:00:00Z","spo2":97.1,"local_tissue_o2":36.5,"signal_quality":80,"firmware_version":"1.2.3"`)
		}
		run(t, curl(append(status, url+"/write", "--data-binary", line("nobody"))...), "401")
	})
	t.Run("telegraf", func(t *testing.T) {
		telegraf := client(t, "telegraf", "telegraf, which Debian does not have: make services builds it")
		old := fmt.Sprintf("[[outputs.influxdb]]\nurls = [%q]\ndatabase = \"ward\"\nusername = \"any\"\npassword = %q\n", url, token)
		now := fmt.Sprintf("[[outputs.influxdb_v2]]\nurls = [%q]\ntoken = %q\norganization = \"any\"\nbucket = \"any\"\n", url, token)
		for device, c := range map[string]struct{ output, precision, line, want string }{
			"plain-1":  {old + "content_encoding = \"identity\"\n", "1ns", "spo2=97.1 1672531200123456789", `"timestamp":"2023-01-01T00:00:00.123456789Z","spo2":97.1,`},
			"packed-1": {old + "content_encoding = \"gzip\"\n", "1s", "spo2=97.1,pulse_rate=72i 1672531200123456789", `"timestamp":"2023-01-01T00:00:00Z","spo2":97.1,"pulse_rate":72,`},
			"plain-2":  {now + "content_encoding = \"identity\"\n", "1ms", "spo2=97 1672531200123456789", `"timestamp":"2023-01-01T00:00:00.123Z","spo2":97,`},
			"packed-2": {now, "1ns", "spo2=96u,note=\"a, b\",ok=true 1672531200123456789", `"timestamp":"2023-01-01T00:00:00.123456789Z","spo2":96,`},
			"half-2":   {now, "1ns", "spo2=300 1672531200000000001\nvitals,deviceId=half-2,ward=north spo2=95 1672531200000000000", `"timestamp":"2023-01-01T00:00:00Z","spo2":95,`},
		} {
			t.Run(device, func(t *testing.T) {
				dir := t.TempDir()
				conf, lines := filepath.Join(dir, "telegraf.conf"), filepath.Join(dir, "lines")
				text := fmt.Sprintf("[agent]\nomit_hostname = true\nprecision = %q\n[[inputs.file]]\nfiles = [%q]\ndata_format = \"influx\"\n%s", c.precision, lines, c.output)
				line := "vitals,deviceId=" + device + ",ward=north " + c.line + "\n"
				if err := cmp.Or(os.WriteFile(conf, []byte(text), 0o600), os.WriteFile(lines, []byte(line), 0o600)); err != nil {
					t.Fatal(err)
				}
				said := "Loaded outputs"
				if device == "half-2" {
					said = `line 1: "spo2" out_of_range (allowed 0..100 %) dropped=1 of 2`
				}
				run(t, telegraf("--config", conf, "--once"), said)
				holds(t, device, c.want)
				holds(t, device, `"ward":"north"`)
			})
		}
	})
}
