package compat

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
)

// A node is a long-lived process of js/driver.mjs, which calls
// @aws-sdk/client-gamelift for any number of clients at a time.
type node struct {
	operations []string

	mu      sync.Mutex
	in      io.Writer
	serial  int
	waiting map[int]chan nodeAnswer
	gone    error
}

type nodeRequest struct {
	ID        int             `json:"id"`
	Access    nodeAccess      `json:"access"`
	Operation string          `json:"op"`
	Input     json.RawMessage `json:"input"`
	Paginate  bool            `json:"paginate"`
}

type nodeAccess struct {
	Endpoint string `json:"endpoint,omitempty"`
	KeyID    string `json:"keyID"`
	Secret   string `json:"secret"`
	Token    string `json:"token,omitempty"`
	Skew     int64  `json:"skew"` // milliseconds
	CBOR     bool   `json:"cbor"`
}

type nodeAnswer struct {
	ID     int            `json:"id"`
	Output map[string]any `json:"output"`
	Error  *struct {
		Name, Message string
		Typed         bool
	} `json:"error"`
}

// startNode starts a process with more environment, for as long as the test.
func startNode(t testing.TB, environment ...string) *node {
	t.Helper()
	if _, err := os.Stat("js/node_modules"); err != nil {
		t.Fatal("the JavaScript SDK is not installed: run npm ci in compat/js")
	}
	cmd := exec.Command("node", "driver.mjs")
	cmd.Dir, cmd.Stderr = "js", os.Stderr
	cmd.Env = append(append(cleanEnvironment(t), "NODE_NO_WARNINGS=1"), environment...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := &node{in: in, waiting: map[int]chan nodeAnswer{}}
	lines := bufio.NewReader(out)
	if err := n.greet(lines); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { n.read(lines) })
	t.Cleanup(func() {
		in.Close() // ends the process
		reading.Wait()
		if err := cmd.Wait(); err != nil {
			t.Error("node:", err)
		}
	})
	return n
}

func (n *node) greet(lines *bufio.Reader) error {
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("driver.mjs has said nothing: %w", err)
	}
	var greeting struct{ Operations []string }
	err = json.Unmarshal(line, &greeting)
	n.operations = greeting.Operations
	return err
}

func (n *node) read(lines *bufio.Reader) {
	for {
		var a nodeAnswer
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &a)
		}
		n.mu.Lock()
		if err != nil {
			n.gone = err
			for _, c := range n.waiting {
				close(c)
			}
			n.mu.Unlock()
			return
		}
		n.waiting[a.ID] <- a // has room
		delete(n.waiting, a.ID)
		n.mu.Unlock()
	}
}

func (n *node) ask(ctx context.Context, r nodeRequest) (nodeAnswer, error) {
	answered, err := n.send(r)
	if err != nil {
		return nodeAnswer{}, err
	}
	select {
	case a, ok := <-answered:
		if !ok {
			return a, fmt.Errorf("node has ended: %w", n.gone)
		}
		return a, nil
	case <-ctx.Done():
		return nodeAnswer{}, ctx.Err()
	}
}

func (n *node) send(r nodeRequest) (<-chan nodeAnswer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone != nil {
		return nil, n.gone
	}
	n.serial++
	r.ID = n.serial
	line, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	answered := make(chan nodeAnswer, 1)
	n.waiting[r.ID] = answered
	_, err = n.in.Write(append(line, '\n'))
	return answered, err
}

// javaScript is a client in a node.
type javaScript struct {
	*node
	access nodeAccess
}

func (n *node) open(cbor bool) func(testing.TB, access) client {
	return func(_ testing.TB, a access) client {
		return javaScript{n, nodeAccess{a.Endpoint, a.KeyID, a.Secret, a.Token, a.Skew.Milliseconds(), cbor}}
	}
}

func (c javaScript) call(ctx context.Context, operation string, input json.RawMessage) (outcome, error) {
	if !slices.Contains(c.operations, operation) {
		return outcome{}, errUnknown
	}
	a, err := c.ask(ctx, nodeRequest{Access: c.access, Operation: operation, Input: input})
	if err != nil || a.Error == nil {
		return outcome{output: a.Output}, err
	}
	return outcome{exception: a.Error.Name, message: a.Error.Message, typed: a.Error.Typed}, nil
}

func (c javaScript) all(ctx context.Context, operation string, input map[string]any, size int) ([]any, error) {
	document, err := json.Marshal(withLimit(input, size))
	if err != nil {
		return nil, err
	}
	a, err := c.ask(ctx, nodeRequest{Access: c.access, Operation: operation, Input: document, Paginate: true})
	if err != nil {
		return nil, err
	}
	if a.Error != nil {
		return nil, fmt.Errorf("%s: %s", a.Error.Name, a.Error.Message)
	}
	list, _ := a.Output["pages"].([]any)
	pages := make([]map[string]any, len(list))
	for i := range list {
		pages[i], _ = list[i].(map[string]any)
	}
	return gather(operation, pages), nil
}
