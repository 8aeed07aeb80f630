package main

import (
	"time"

	"github.com/gemway/gemway/internal/catalog"
)

// modelsCmd lists the catalog.
type modelsCmd struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Run runs the command.
func (m *modelsCmd) Run(w *world) error {
	cfg, err := m.load(w)
	if err != nil {
		return err
	}
	models, err := catalog.New(cfg.Catalog.Options)
	if err != nil {
		return err
	}
	if m.JSON {
		if err := models.JSON(w.stdout); err != nil {
			return err
		}
		return w.say("\n")
	}
	return models.Table(w.stdout, time.Now())
}
