// Package route finds the handler of a request by method and path. It is one implementation of srv.Router, allocates
// nothing per request, and answers by itself what HTTP asks of every resource.
//
//	m := route.New()
//	m.Get("/", home).Inline()
//	m.Post("/up", upload).ContentSize(1 << 30)
//	m.Get("/users/{id}", user).With(authenticated)
//	m.Any("/api/*", proxy.ServeHTTP)
//	s := &srv.Server{Router: m}
//
// # Patterns
//
// A pattern begins with a slash and is compared with the path segment by segment. Each segment is one of
//
//	literal   matches the same octets
//	{name}    matches one segment of one octet or more; Request.Param(name) gives it
//	*         as the last segment only, matches the rest of the path, slashes included, and an empty rest; Request.Rest gives it
//
// "/a", "/a/" and "/a/*" are three different patterns, and the last two both match "/a/". The octets are compared as they
// were sent (RFC 3986 section 6.2.1): nothing is decoded, "%61" is not "a", and "." and ".." are segments like any others,
// so that no two parts of a system can disagree about what a path means. Handlers that map paths to something else
// decode for themselves. Since '{' and '}' cannot stand in a path, no literal is lost to the notation.
//
// # Precedence
//
// Where several patterns match, the most specific one is taken: at the first segment in which they differ a literal goes before a
// name, and a name before the wildcard. The order of registration means nothing. When the most specific pattern does
// not offer the method, the next one that does is taken, so that "POST /files/*" and "GET /files/{name}" do
// not stand in each other's way.
//
// # Methods and automatic answers
//
// HEAD is answered by the GET route unless there is one of its own; the server leaves out the content. [Mux.Any] takes every
// method but CONNECT, registered or not; Allow lists the registered ones. A method beyond those that are offered for a path is answered
//
//	OPTIONS            204 with Allow (RFC 9110 section 9.3.7)
//	OPTIONS *          204 with Allow, which has the methods of all patterns, since it is about the server as a whole
//	CONNECT            501, unless "*" offers it
//	not registered     501 (RFC 9110 section 15.6.2), also where no pattern matches: the registry is IANA's
//	any other          405 with Allow (RFC 9110 section 15.5.6)
//
// and a path that no pattern matches 404, for which [Mux.NotFound] takes another handler. All of these are Routes named after their
// status codes.
//
// # Handlers
//
// The methods named after request methods take functions, since that is what most handlers are. A srv.Handler goes in as its method
// value, h.ServeHTTP, or through [Mux.Handle]. What they return refines the route: see [Entry].
//
// # Set-up and serving
//
// A Mux is built first and then only read: registering, or refining an Entry, once the server runs is a mistake and a
// data race. A pattern that is malformed or there already panics, since no program can go on without its routes.
//
// Finding a route takes one look-up for a pattern without names and wildcard. Others are found by a walk over the tree of
// patterns, which visits each of its nodes once at the most, however the path was chosen.
package route
