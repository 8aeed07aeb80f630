package config

import (
	"fmt"
	"regexp"
	"strings"
)

// reference is a variable of the environment in the text of a file: ${NAME},
// or ${NAME:-text} with what stands in when it is not set. $$ is a dollar.
var reference = regexp.MustCompile(`\$\$|\$\{([^}]*)\}`)

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces references in one value of a file. It happens after the file
// was taken apart, so that no variable can change the structure of it.
func expand(text string, env func(string) (string, bool)) (string, error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	var first error
	out := reference.ReplaceAllStringFunc(text, func(m string) string {
		if m == "$$" {
			return "$"
		}
		name, byDefault, hasDefault := strings.Cut(m[2:len(m)-1], ":-")
		if !variable.MatchString(name) {
			if first == nil {
				first = fmt.Errorf("%s is no reference to a variable; write $$ for a dollar", m)
			}
			return m
		}
		if v, ok := env(name); ok {
			return v
		}
		if !hasDefault && first == nil {
			first = fmt.Errorf("the variable %s is not set; ${%s:-text} would give a default", name, name)
		}
		return byDefault
	})
	return out, first
}
