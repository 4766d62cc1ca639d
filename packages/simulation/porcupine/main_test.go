package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func write(client int, token string, value int, callMs, returnMs float64, outcome string) string {
	return fmt.Sprintf(`{"client":%d,"kind":"write","token":"%s","value":%d,"callMs":%g,"returnMs":%g,"outcome":"%s"}`,
		client, token, value, callMs, returnMs, outcome)
}

func unknownWrite(client int, token string, value int, callMs float64) string {
	return fmt.Sprintf(`{"client":%d,"kind":"write","token":"%s","value":%d,"callMs":%g,"returnMs":null,"outcome":"unknown"}`,
		client, token, value, callMs)
}

func read(client int, token string, value int, callMs, returnMs float64) string {
	return fmt.Sprintf(`{"client":%d,"kind":"read","token":"%s","value":%d,"callMs":%g,"returnMs":%g,"outcome":"accepted"}`,
		client, token, value, callMs, returnMs)
}

func line(name string, operations ...string) string {
	return fmt.Sprintf(`{"name":%q,"operations":[%s]}`, name, strings.Join(operations, ","))
}

func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		name       string
		want       string
		operations []string
	}{
		{"nothing happened", "ok", []string{}},
		{"nothing was written", "ok", []string{read(0, "0", 0, 0, 1)}},
		{"a write is read", "ok", []string{write(0, "12", 5, 1.25, 2.5, "accepted"), read(1, "12", 5, 3, 4)}},
		{"the same token writes twice", "ok", []string{
			write(0, "12", 5, 1, 2, "accepted"), write(0, "12", 6, 3, 4, "accepted"), read(1, "12", 6, 5, 6)}},
		{"an older token is rejected", "ok", []string{
			write(0, "12", 5, 1, 2, "accepted"), write(1, "11", 6, 3, 4, "rejected"), read(1, "12", 5, 5, 6)}},
		{"concurrent writes go either way", "ok", []string{
			write(0, "12", 5, 1, 10, "accepted"), write(1, "11", 6, 1, 10, "accepted"), read(2, "12", 5, 11, 12)}},
		{"tokens above 2^53 are told apart", "ok", []string{
			write(0, "9007199254740993", 5, 1, 2, "accepted"), write(1, "9007199254740992", 6, 3, 4, "rejected")}},
		{"an unknown write never lands", "ok", []string{
			unknownWrite(0, "12", 5, 1), read(1, "0", 0, 3, 4), write(1, "11", 6, 5, 6, "accepted"), read(1, "11", 6, 7, 8)}},
		{"an unknown write lands late", "ok", []string{
			unknownWrite(0, "12", 5, 1), read(1, "0", 0, 500, 501), read(1, "12", 5, 1_000, 1_001)}},
		{"an unknown write lands late and is rejected unseen", "ok", []string{
			unknownWrite(0, "12", 5, 1), write(1, "13", 6, 2, 3, "accepted"), read(1, "13", 6, 1_000, 1_001)}},
		{"a read of unknown outcome says nothing", "ok", []string{
			`{"client":0,"kind":"read","token":"99","value":9,"callMs":1,"returnMs":null,"outcome":"unknown"}`,
			`{"client":0,"kind":"read","callMs":1,"returnMs":null,"outcome":"unknown"}`,
			read(1, "0", 0, 2, 3)}},

		{"an older token is accepted after a newer one", "illegal", []string{
			write(0, "12", 5, 1, 2, "accepted"), write(1, "11", 6, 3, 4, "accepted")}},
		{"an older token is accepted after a newer one was read", "illegal", []string{
			unknownWrite(0, "12", 5, 1), read(2, "12", 5, 2, 3), write(1, "11", 6, 4, 5, "accepted")}},
		{"a newer token is rejected", "illegal", []string{
			write(0, "12", 5, 1, 2, "accepted"), write(1, "13", 6, 3, 4, "rejected")}},
		{"an accepted write is lost", "illegal", []string{write(0, "12", 5, 1, 2, "accepted"), read(1, "0", 0, 3, 4)}},
		{"a rejected write is read", "illegal", []string{
			write(0, "12", 5, 1, 2, "accepted"), write(1, "11", 6, 3, 4, "rejected"), read(1, "12", 6, 5, 6)}},
		{"an unknown write is taken back", "illegal", []string{
			unknownWrite(0, "12", 5, 1), read(1, "12", 5, 2, 3), read(1, "0", 0, 4, 5)}},
		{"a write is read before its call", "illegal", []string{read(1, "12", 5, 1, 2), unknownWrite(0, "12", 5, 3)}},
		{"tokens above 2^53 are not rounded", "illegal", []string{
			write(0, "9007199254740993", 5, 1, 2, "accepted"), write(1, "9007199254740992", 6, 3, 4, "accepted")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var output strings.Builder
			allOk, err := checkLines(strings.NewReader(line(test.name, test.operations...)), &output, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("{\"name\":%q,\"result\":%q}\n", test.name, test.want)
			if output.String() != want {
				t.Errorf("expected %s, got %s", want, output.String())
			}
			if allOk != (test.want == "ok") {
				t.Errorf("allOk is %v", allOk)
			}
		})
	}
}

func TestOneVerdictPerLine(t *testing.T) {
	bad := line("bad", write(0, "12", 5, 1, 2, "accepted"), write(1, "11", 6, 3, 4, "accepted"))
	good := line("good", read(0, "0", 0, 1, 2))
	var output strings.Builder
	allOk, err := checkLines(strings.NewReader(bad+"\n\n"+good), &output, time.Minute)
	if err != nil || allOk {
		t.Fatal(allOk, err)
	}
	want := "{\"name\":\"bad\",\"result\":\"illegal\"}\n{\"name\":\"good\",\"result\":\"ok\"}\n"
	if output.String() != want {
		t.Errorf("expected %s, got %s", want, output.String())
	}
}

func TestNoEndInTimeIsNotOk(t *testing.T) {
	// Forty writes with one token in any order, and a read of a value that none of them wrote.
	var operations []string
	for value := 1; value <= 40; value++ {
		operations = append(operations, unknownWrite(value, "1", value, 0))
	}
	operations = append(operations, read(0, "1", 41, 1, 2))
	var output strings.Builder
	allOk, err := checkLines(strings.NewReader(line("hard", operations...)), &output, 50*time.Millisecond)
	if err != nil || allOk {
		t.Fatal(allOk, err)
	}
	if want := "{\"name\":\"hard\",\"result\":\"timeout\"}\n"; output.String() != want {
		t.Errorf("expected %s, got %s", want, output.String())
	}
}

func TestRefusesWhatIsNoHistory(t *testing.T) {
	for _, text := range []string{
		`nonsense`,
		`{"name":"no operations"}`,
		`{"name":"a stranger's field","operations":[],"more":1}`,
		line("kind", `{"client":0,"kind":"delete","token":"1","value":1,"callMs":1,"returnMs":2,"outcome":"accepted"}`),
		line("outcome", write(0, "1", 1, 1, 2, "perhaps")),
		line("token", write(0, "0x1", 1, 1, 2, "accepted")),
		line("negative token", write(0, "-1", 1, 1, 2, "accepted")),
		line("order", write(0, "1", 1, 2, 1, "accepted")),
		line("unknown, yet answered", write(0, "1", 1, 1, 2, "unknown")),
		line("known, yet not answered", `{"client":0,"kind":"write","token":"1","value":1,"callMs":1,"returnMs":null,"outcome":"accepted"}`),
		line("a read rejected", `{"client":0,"kind":"read","token":"1","value":1,"callMs":1,"returnMs":2,"outcome":"rejected"}`),
		line("no value", `{"client":0,"kind":"write","token":"1","callMs":1,"returnMs":2,"outcome":"accepted"}`),
	} {
		if _, err := checkLines(strings.NewReader(text), &strings.Builder{}, time.Minute); err == nil {
			t.Errorf("accepted %s", text)
		}
	}
}
