package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// A server is a row of the table.
type server struct {
	key     string // what -only knows it by
	name    string
	version string // once find knows it
	variant string
	path    string   // of the measured resource
	program string   // in the folder of the build, or in PATH
	args    []string // beside address and loops, for those that are built
	module  string   // whose version it has
	config  func(dir, host, port string, loops int) (file, text string, flags []string)
}

func (s server) label() string {
	label := s.name
	if s.version != "" {
		label += " " + s.version
	}
	if s.variant != "" {
		label += ", " + s.variant
	}
	return label
}

// base is the row that ratios are to.
const base = "barewire"

const plaintext = "/plaintext"

func servers() []server {
	const (
		fasthttp = "github.com/valyala/fasthttp"
		loop     = "-engine=loop"
	)
	return []server{
		{key: base, name: "barewire", variant: "inline handler", path: plaintext, program: "origin", args: []string{loop}},
		{key: "barewire-mayblock", name: "barewire", variant: "handler that may block", path: "/plaintext-blocking", program: "origin", args: []string{loop}},
		{key: "barewire-net", name: "barewire", variant: "net engine, inline", path: plaintext, program: "origin", args: []string{"-engine=net"}},
		{key: "nethttp", name: "net/http", path: plaintext, program: "nethttp"},
		{key: "fasthttp", name: "fasthttp", path: plaintext, program: "fasthttp", module: fasthttp},
		{key: "fasthttp-lean", name: "fasthttp", variant: "ReduceMemoryUsage", path: plaintext, program: "fasthttp", args: []string{"-lean"}, module: fasthttp},
		{key: "hertz", name: "hertz", path: plaintext, program: "hertz", module: "github.com/cloudwego/hertz"},
		{key: "nbio", name: "nbio", path: plaintext, program: "nbio", module: "github.com/lesismal/nbio"},
		{key: "gnet", name: "gnet", variant: "without HTTP", path: plaintext, program: "gnet", module: "github.com/panjf2000/gnet/v2"},
		{key: "nginx", name: "nginx", path: plaintext, program: "nginx", config: nginx},
		{key: "h2o", name: "h2o", path: plaintext, program: "h2o", config: h2o},
		{key: "haproxy", name: "HAProxy", path: plaintext, program: "haproxy", config: haproxy},
	}
}

// packages are what build makes.
var packages = []string{"barewire/bench/origin", "./nethttp", "./fasthttp", "./hertz", "./nbio", "./gnet"}

func build(ctx context.Context, dir string) error {
	out, err := exec.CommandContext(ctx, "go", append([]string{"build", "-o", dir + "/"}, packages...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build, which works in the folder bench/peers alone: %w\n%s", err, out)
	}
	return nil
}

// find puts the path of the program and its version in their places. It reports false when the program is not there.
func (s *server) find(dir string) bool {
	if s.config == nil {
		s.program = filepath.Join(dir, s.program)
		if info, err := buildinfo.ReadFile(s.program); err == nil {
			for _, m := range info.Deps {
				if m.Path == s.module {
					s.version = strings.TrimPrefix(m.Version, "v")
				}
			}
		}
		return true
	}
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin") {
		path := filepath.Join(folder, s.program)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			out, _ := exec.Command(path, "-v").CombinedOutput()
			s.version, s.program = version(string(out)), path
			return true
		}
	}
	return false
}

// version returns the first number with points in what a program says about itself.
func version(text string) string { return regexp.MustCompile(`\d+(\.\d+)+|$`).FindString(text) }

// command returns what starts the server. A configuration file is written first where one is needed.
func (s server) command(dir, addr string, loops int) ([]string, error) {
	if s.config == nil {
		return append([]string{s.program, "-addr", addr, "-loops", fmt.Sprint(loops)}, s.args...), nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	file, text, flags := s.config(dir, host, port, loops)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return append([]string{s.program}, flags...), nil
}

const hello = "Hello, World!"

func nginx(dir, host, port string, loops int) (file, text string, flags []string) {
	file = filepath.Join(dir, "nginx.conf")
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	var temps strings.Builder
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temps, "  %s_temp_path %s;\n", name, filepath.Join(dir, "nginx-"+name))
	}
	text = fmt.Sprintf(`worker_processes %d; daemon off; pid %s; error_log stderr crit; worker_rlimit_nofile %d; %s
events { worker_connections %d; multi_accept on; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600; default_type text/plain;
%s  server { listen %s:%s reuseport backlog=4096; location / { return 200 "%s"; } }
}
`, loops, filepath.Join(dir, "nginx.pid"), descriptors(), user, descriptors()-50, temps.String(), host, port, hello)
	return file, text, []string{"-p", dir, "-e", "stderr", "-c", file}
}

// h2o 2.2 answers from a file faster than from its own handlers, but a file takes no POST, which the patterns need.
func h2o(dir, host, port string, loops int) (file, text string, flags []string) {
	file = filepath.Join(dir, "h2o.conf")
	folder := filepath.Join(dir, "h2o")
	os.MkdirAll(folder, 0o755)
	os.WriteFile(filepath.Join(folder, "plaintext"), []byte(hello), 0o644)
	user := ""
	if os.Getuid() == 0 {
		user = "user: root\n"
	}
	text = user + fmt.Sprintf(`num-threads: %d
max-connections: %d
http1-request-timeout: 3600
listen: { port: %s, host: %s }
hosts:
  default:
    paths:
      "/plaintext":
        file.file: %s
      "/":
        mruby.handler: |
          Proc.new do |env|
            [200, {"content-type" => "text/plain"}, ["%s"]]
          end
`, loops, descriptors()-50, port, host, filepath.Join(folder, "plaintext"), hello)
	return file, text, []string{"-c", file}
}

func haproxy(dir, host, port string, loops int) (file, text string, flags []string) {
	file = filepath.Join(dir, "haproxy.conf")
	text = fmt.Sprintf(`global
 maxconn %d
 nbthread %d
defaults
 mode http
 timeout client 3600s
 timeout http-request 10s
 timeout http-keep-alive 3600s
frontend f
 bind %s:%s
 option http-buffer-request
 http-request return status 200 content-type text/plain string "%s"
`, descriptors()/3, loops, host, port, hello)
	return file, text, []string{"-db", "-f", file}
}
