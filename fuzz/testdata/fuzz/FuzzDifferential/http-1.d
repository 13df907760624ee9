go test fuzz v1
[]byte("T / HTTP/1.d\r\nhost: a,,,,,,,,,,,,,,,,,,,,,,,\r\nt2ansfer-eunkedng: chunked\r\n\r\n")
