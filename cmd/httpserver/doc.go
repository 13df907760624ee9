// Httpserver is an HTTP/1.1 server to try things on: a few pages, each with the status code that it speaks of, a clip, and a proxy
// that streams.
//
//	/             200, a page that shows what follows
//	/yourproblem  400
//	/myproblem    500
//	/video        the clip that -video names, as video/mp4
//	/files/X      the file X in the directory that -dir names
//	/httpbin/X    what the upstream answers to /X, with any method
//	anything else 404
//
// # Flags
//
//	-addr address          where to listen; localhost:42069, which is 127.0.0.1 and ::1. Port 0 takes any free one.
//	-video file            the clip; assets/vim.mp4
//	-dir directory         what /files/ stands for; without it, nothing
//	-httpbin-upstream URL  what /httpbin/ stands for; https://httpbin.org
//	-httpbin-timeout time  how long each step may take there: to connect, TLS, to take more of the
//	                       request, to begin the answer; 10s
//	-access-log format     off, clf or json; without it, lines to read if standard output is a terminal, else off
//	-version               print the version and end
//	-h                     print this in short and end
//
// # The clip
//
// It is looked for in the working directory, in its parents up to one that has a go.mod, and in the folder of the program, which are
// those of the start; an absolute name is taken as it is. It may come and go meanwhile: a change is seen within a second. Where there is none
// the answer is a 404 page that says so, and the rest of the server does not mind. What is there but cannot be read counts as missing, and is
// logged once. A player that seeks asks for ranges of it.
//
// # The directory
//
// Files of -dir are sent with all that srv/files knows: conditions, ranges, compressed forms that lie beside them. There are no listings; a folder
// is answered with its index.html. What begins with a dot, or leads out of the directory, is not found.
//
// # The proxy
//
// Each piece of content that the upstream sends leaves as a chunk as soon as it is there, and the trailers X-Content-SHA256 and
// X-Content-Length say what was sent. An upstream that cannot be reached, or answers with something that is not HTTP/1.1, is
// answered for by a 502 page, one that does not answer in time by 504. A response that breaks off is broken off. See srv/proxy.
//
// # The access log
//
// One line for each request, on standard output: clf is the common log format (host, "-", "-", time, request line, status,
// octets of content), json one object. Octets that could harm a terminal or a parser are escaped. A line is made when the last
// octet of the response was taken by the socket, or the response was cut off. A request that the second signal cuts off has none: the
// program does not wait for it, nor for lines that are not written yet. A refused request has the request line "-" and
// no octets, or in json the name of the rule in place of the request; srv's own log on standard error says more.
//
// Requests do not wait for whoever reads the lines. When he falls a megabyte behind, lines are left out and their number is
// said on standard error; when he goes away, that is said, too.
//
// # Start and end
//
// The first line on standard error says where the server listens, once it does, and whether other machines can reach it.
// The first SIGINT or SIGTERM ends it in good order: the number of requests in flight is printed, and they may take as long as they
// like. The second one ends it at once. The exit status is 0 after the first, 1 after the second or when something fails,
// such as a port in use, 2 for a wrong command line.
package main
