package assets

import _ "embed" // for go:embed

// PageType is the media type of the pages.
const PageType = "text/html; charset=utf-8"

// Why stands in BadGateway and GatewayTimeout, once, where the reason goes.
const Why = "<!--why-->"

// The pages, shared by everybody who serves them: they must not be written to.
var (
	//go:embed html/home.html
	Home []byte // the start page, 200
	//go:embed html/yourproblem.html
	YourProblem []byte // the client is at fault, 400
	//go:embed html/myproblem.html
	MyProblem []byte // the server is at fault, 500
	//go:embed html/notfound.html
	NotFound []byte // no such page, 404
	//go:embed html/noclip.html
	NoClip []byte // no clip to be sent, 404
	//go:embed html/badgateway.html
	BadGateway []byte // the upstream gave no response, 502
	//go:embed html/gatewaytimeout.html
	GatewayTimeout []byte // the upstream gave none in time, 504
)
