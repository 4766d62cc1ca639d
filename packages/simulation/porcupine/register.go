package main

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// A fenced register holds a value and the largest fencing token that it has seen. It accepts a write whose token is not
// smaller, and rejects any other. At first it holds 0 and has seen the token 0.
type register struct {
	maxToken uint64
	value    int64
}

type outcome string

const (
	accepted outcome = "accepted"
	rejected outcome = "rejected"
	unknown  outcome = "unknown"
)

type call struct {
	isWrite bool
	token   uint64 // of a write
	value   int64  // of a write
}

type answer struct {
	outcome outcome  // unknown: it may be either, and may come after the last read, which is the same as never
	found   register // by a read
}

var fencedRegister = porcupine.Model{
	Init: func() any { return register{} },
	Step: func(state, input, output any) (bool, any) {
		before, asked, got := state.(register), input.(call), output.(answer)
		if !asked.isWrite {
			return got.found == before, before
		}
		is := rejected
		after := before
		if asked.token >= before.maxToken {
			is = accepted
			after = register{maxToken: asked.token, value: asked.value}
		}
		return got.outcome == is || got.outcome == unknown, after
	},
	DescribeOperation: func(input, output any) string {
		asked, got := input.(call), output.(answer)
		if asked.isWrite {
			return fmt.Sprintf("write(%d) with token %d: %s", asked.value, asked.token, got.outcome)
		}
		return fmt.Sprintf("read: %d with token %d", got.found.value, got.found.maxToken)
	},
}
