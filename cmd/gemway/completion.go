package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCmd prints a completion script.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is the long help.
func (*completionCmd) Help() string {
	return "bash: source <(gemway completion bash)\nzsh:  source <(gemway completion zsh)\nfish: gemway completion fish | source"
}

// Run runs the command.
func (c *completionCmd) Run(w *world) error {
	if c.Shell == "fish" {
		return w.say("%s", fish(w.parser.Model.Node))
	}
	head := ""
	if c.Shell == "zsh" { // which can run scripts of bash
		head = "(( $+functions[compdef] )) || { autoload -U compinit && compinit -u }\nautoload -U +X bashcompinit && bashcompinit\n"
	}
	return w.say("%s%s", head, bash(w.parser.Model.Node))
}

// flags returns the long flags of a command.
func flags(n *kong.Node) []*kong.Flag {
	var out []*kong.Flag
	for _, group := range n.AllFlags(true) {
		out = append(out, group...)
	}
	return out
}

// values returns the words that a command's arguments can be.
func values(n *kong.Node) []string {
	var out []string
	for _, a := range n.Positional {
		if a.Enum != "" {
			out = append(out, a.EnumSlice()...)
		}
	}
	return out
}

func bash(root *kong.Node) string {
	var names []string
	var cases strings.Builder
	for _, cmd := range root.Children {
		names = append(names, cmd.Name)
		var words []string
		for _, f := range flags(cmd) {
			words = append(words, "--"+f.Name)
		}
		words = append(words, values(cmd)...)
		fmt.Fprintf(&cases, "    %s) words=%q ;;\n", cmd.Name, strings.Join(words, " "))
	}
	return fmt.Sprintf(`_gemway() {
  local words=%q cur="${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -gt 1 ]; then
    case "${COMP_WORDS[1]}" in
%s    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _gemway gemway
`, strings.Join(names, " ")+" --help", cases.String())
}

func fish(root *kong.Node) string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }
	var b strings.Builder
	for _, cmd := range root.Children {
		fmt.Fprintf(&b, "complete -c gemway -f -n __fish_use_subcommand -a %s -d %s\n", cmd.Name, quote(cmd.Help))
		for _, f := range flags(cmd) {
			fmt.Fprintf(&b, "complete -c gemway -n '__fish_seen_subcommand_from %s' -l %s -d %s\n", cmd.Name, f.Name, quote(f.Help))
		}
		for _, word := range values(cmd) {
			fmt.Fprintf(&b, "complete -c gemway -f -n '__fish_seen_subcommand_from %s' -a %s\n", cmd.Name, word)
		}
	}
	return b.String()
}
