module e2e

go 1.26.0

require (
	barewire v0.0.0
	github.com/mccutchen/go-httpbin/v2 v2.26.0
	github.com/stretchr/testify v1.12.1
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace barewire => ../..
