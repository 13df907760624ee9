package assets

import _ "embed" // for go:embed

// PageType is the media type of the pages.
const PageType = "text/html; charset=utf-8"

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
)
