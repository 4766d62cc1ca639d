package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/anishathalye/porcupine"
)

type history struct {
	Name       string      `json:"name"`
	Operations []operation `json:"operations"`
}

// Pointers tell a field that is missing from one that is zero.
type operation struct {
	Client   *int     `json:"client"`
	Kind     string   `json:"kind"`
	Token    *string  `json:"token"`
	Value    *int64   `json:"value"`
	CallMs   *float64 `json:"callMs"`
	ReturnMs *float64 `json:"returnMs"`
	Outcome  outcome  `json:"outcome"`
}

// parseHistory reads one line. Reads of unknown outcome say nothing and are left out.
func parseHistory(line []byte) (name string, operations []porcupine.Operation, err error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var parsed history
	if err := decoder.Decode(&parsed); err != nil {
		return "", nil, err
	}
	if parsed.Operations == nil {
		return "", nil, fmt.Errorf("history %q: expected operations", parsed.Name)
	}
	for index, told := range parsed.Operations {
		operation, err := told.toPorcupine()
		if err != nil {
			return "", nil, fmt.Errorf("history %q, operation %d: %w", parsed.Name, index, err)
		}
		if told.Kind == "read" && told.Outcome == unknown {
			continue
		}
		operations = append(operations, operation)
	}
	return parsed.Name, operations, nil
}

func (told operation) toPorcupine() (porcupine.Operation, error) {
	var none porcupine.Operation
	isWrite := told.Kind == "write"
	isUnknown := told.Outcome == unknown
	switch {
	case !isWrite && told.Kind != "read":
		return none, fmt.Errorf("expected kind read or write, got %q", told.Kind)
	case told.Outcome != accepted && told.Outcome != rejected && !isUnknown:
		return none, fmt.Errorf("expected outcome accepted, rejected or unknown, got %q", told.Outcome)
	case !isWrite && told.Outcome == rejected:
		return none, errors.New("a read cannot be rejected")
	case told.Client == nil || told.CallMs == nil:
		return none, errors.New("expected client and callMs")
	case isUnknown != (told.ReturnMs == nil):
		return none, errors.New("expected returnMs to be null if and only if the outcome is unknown")
	case !isUnknown && *told.ReturnMs < *told.CallMs:
		return none, fmt.Errorf("returned at %g ms, before its call at %g ms", *told.ReturnMs, *told.CallMs)
	}
	if !isWrite && isUnknown {
		return none, nil
	}
	if told.Token == nil || told.Value == nil {
		return none, errors.New("expected token and value")
	}
	token, err := strconv.ParseUint(*told.Token, 10, 64)
	if err != nil {
		return none, fmt.Errorf("expected a decimal token: %w", err)
	}
	operation := porcupine.Operation{
		ClientId: *told.Client,
		Call:     nanoseconds(*told.CallMs),
		Return:   math.MaxInt64, // never answered: it may land at any time from its call on
	}
	if !isUnknown {
		operation.Return = nanoseconds(*told.ReturnMs)
	}
	if isWrite {
		operation.Input = call{isWrite: true, token: token, value: *told.Value}
		operation.Output = answer{outcome: told.Outcome}
	} else {
		operation.Input = call{}
		operation.Output = answer{outcome: accepted, found: register{maxToken: token, value: *told.Value}}
	}
	return operation, nil
}

func nanoseconds(ms float64) int64 {
	return int64(math.Round(ms * 1e6))
}
