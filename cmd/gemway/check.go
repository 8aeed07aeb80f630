package main

import "github.com/gemway/gemway/internal/config"

// check validates the configuration.
type check struct {
	settings
	JSON bool `help:"Print JSON."`
}

// Help is the long help.
func (*check) Help() string {
	return "Reads flags, variables and the file as serve would, and ends with a status other than 0 when something is wrong.\n" +
		"Keys and tokens are shown by their short ids."
}

// Run runs the command.
func (c *check) Run(w *world) error {
	cfg, err := c.load(w)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.json(struct {
			Mode     config.Mode    `json:"mode"`
			Settings []config.Shown `json:"settings"`
		}{cfg.Mode(), cfg.Effective()})
	}
	if err := cfg.Print(w.stdout); err != nil {
		return err
	}
	return w.say("\nThe configuration is valid. Mode: %s.\n", describe(cfg))
}
