package main

import (
	"runtime"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// json prints a value for scripts.
func (w *world) json(v any) error {
	data, err := json.Marshal(v, jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		return err
	}
	return w.say("%s\n", data)
}

// about is what version --json prints.
type about struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func aboutVersion() about {
	return about{Version: currentVersion(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
}
