// Command porcupine asks a checker that is not ours whether histories of a fenced register are linearizable.
//
// It reads one history a line from stdin, in the JSON that ../src/register-history.ts describes, and writes one line for
// each: {"name":"seed 17","result":"ok"}, or "illegal", or "timeout" when the checker did not come to an end. It exits with 0
// when all are ok, with 1 when one is not, and with 2 when a line is no history.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

type verdict struct {
	Name   string `json:"name"`
	Result string `json:"result"`
}

func main() {
	timeout := flag.Duration("timeout", 10*time.Second, "how long the checker may take for one history")
	flag.Parse()
	allOk, err := checkLines(os.Stdin, os.Stdout, *timeout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "porcupine:", err)
		os.Exit(2)
	}
	if !allOk {
		os.Exit(1)
	}
}

// checkLines judges every history of r, and tells whether all are ok.
func checkLines(r io.Reader, w io.Writer, timeout time.Duration) (allOk bool, err error) {
	allOk = true
	lines := bufio.NewReader(r) // not a Scanner: a history may be a line of any length
	output := json.NewEncoder(w)
	for number := 1; ; number++ {
		line, readErr := lines.ReadBytes('\n')
		if len(line) > 0 && string(line) != "\n" {
			name, operations, err := parseHistory(line)
			if err != nil {
				return false, fmt.Errorf("line %d: %w", number, err)
			}
			result := porcupine.CheckOperationsTimeout(fencedRegister, operations, timeout)
			allOk = allOk && result == porcupine.Ok
			if err := output.Encode(verdict{Name: name, Result: resultNames[result]}); err != nil {
				return false, err
			}
		}
		if errors.Is(readErr, io.EOF) {
			return allOk, nil
		}
		if readErr != nil {
			return false, readErr
		}
	}
}

var resultNames = map[porcupine.CheckResult]string{
	porcupine.Ok:      "ok",
	porcupine.Illegal: "illegal",
	porcupine.Unknown: "timeout",
}
