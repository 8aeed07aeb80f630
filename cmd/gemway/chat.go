package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"
	"unicode"

	"github.com/gemway/gemway/internal/sse"
	"github.com/go-json-experiment/json"
)

// chat talks to a model in the terminal.
type chat struct {
	Message []string `arg:"" optional:"" help:"What to say. Without it the conversation is held in the terminal, or read from a pipe."`
	URL     string   `default:"http://127.0.0.1:8080/v1" env:"OPENAI_BASE_URL" placeholder:"URL" help:"Base URL of an OpenAI-compatible API (${default})."`
	Key     string   `env:"OPENAI_API_KEY,GEMINI_API_KEY,GOOGLE_API_KEY" placeholder:"KEY" help:"API key."`
	Model   string   `short:"m" default:"gemini-3.5-flash" placeholder:"ID" help:"Model (${default})."`
	System  string   `short:"s" placeholder:"TEXT" help:"Instruction that precedes the conversation."`
}

// turn is one message of a conversation.
type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Run runs the command.
func (c *chat) Run(w *world) error {
	ctx, stop := signal.NotifyContext(w.ctx, os.Interrupt)
	defer stop()
	var history []turn
	if c.System != "" {
		history = append(history, turn{"system", c.System})
	}
	message := strings.Join(c.Message, " ")
	if message == "" && terminal(w.stdin) {
		return c.converse(ctx, w, history)
	}
	if message == "" {
		data, err := io.ReadAll(io.LimitReader(w.stdin, 8<<20))
		if err != nil {
			return fmt.Errorf("read the message: %w", err)
		}
		if message = strings.TrimSpace(string(data)); message == "" {
			return errors.New("there is nothing to say: give a message, or pipe one in")
		}
	}
	_, err := c.answer(ctx, w, append(history, turn{"user", message}))
	return err
}

// converse reads lines and answers each, until the end of the input.
func (c *chat) converse(ctx context.Context, w *world, history []turn) error {
	begin := len(history)
	if err := w.say("%s at %s. An empty line or Ctrl-D ends; /new begins anew.\n", c.Model, c.URL); err != nil {
		return err
	}
	lines := bufio.NewScanner(w.stdin)
	lines.Buffer(nil, 1<<20)
	for {
		if err := w.say("\n> "); err != nil || !lines.Scan() {
			return errors.Join(err, lines.Err())
		}
		text := strings.TrimSpace(lines.Text())
		switch text {
		case "":
			return nil
		case "/new":
			history = history[:begin]
			continue
		}
		said, err := c.answer(ctx, w, append(history, turn{"user", text}))
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			complain(w.stderr, err)
			continue
		}
		history = append(history, turn{"user", text}, turn{"assistant", said})
	}
}

// answer sends a conversation and prints what comes, as it comes.
func (c *chat) answer(ctx context.Context, w *world, messages []turn) (string, error) {
	resp, err := c.send(ctx, messages)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what came is enough for a message
		return "", refusal(resp.Status, body)
	}
	var said strings.Builder
	events := sse.NewReader(resp.Body, 16<<20)
	for {
		ev, err := events.Next()
		if err != nil {
			return said.String(), errors.New("the answer broke off")
		}
		if string(ev.Data) == "[DONE]" {
			return said.String(), w.say("\n")
		}
		text, err := delta(ev.Data)
		if err != nil {
			return said.String(), err
		}
		said.WriteString(text)
		if err := w.say("%s", printable(text)); err != nil {
			return said.String(), err
		}
	}
}

func (c *chat) send(ctx context.Context, messages []turn) (*http.Response, error) {
	body, err := json.Marshal(struct {
		Model    string `json:"model"`
		Messages []turn `json:"messages"`
		Stream   bool   `json:"stream"`
	}{c.Model, messages, true})
	if err != nil {
		return nil, err
	}
	url := strings.TrimRight(c.URL, "/") + "/chat/completions"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.Key)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: 5 * time.Minute}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w\nIs the server running? To start one: gemway serve --offline", err)
	}
	return resp, nil
}

// delta returns the text of an event, or the error that it tells.
func delta(data []byte) (string, error) {
	var event struct {
		Choices []struct {
			Delta struct {
				Content string `json:"content"`
			} `json:"delta"`
		} `json:"choices"`
		Error *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		return "", errors.New("the answer holds something that is not JSON")
	}
	if event.Error != nil {
		return "", errors.New(printable(event.Error.Message))
	}
	if len(event.Choices) == 0 {
		return "", nil
	}
	return event.Choices[0].Delta.Content, nil
}

// refusal words an answer that is an error.
func refusal(status string, body []byte) error {
	var e struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) == nil && e.Error.Message != "" {
		return fmt.Errorf("%s: %s", status, printable(e.Error.Message))
	}
	return fmt.Errorf("%s: %.200s", status, printable(string(body)))
}

// printable keeps a model from steering the terminal: of control characters
// only line ends and tabs pass.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
