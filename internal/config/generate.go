package config

//go:generate go test -run ^Test(Reference|LimitsTable)$ . -update
