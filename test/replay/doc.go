// Package replay proves Gemway against recorded Gemini traffic.
//
// Every recorded exchange is played through the real server binary: a stub
// stands where Gemini would, gives the recorded answer byte for byte, and keeps
// what Gemway sent to it. Two things are then checked, by code that shares
// nothing with the translation it judges:
//
//   - answers: the recorded native answer must come out as the right OpenAI
//     answer, whole and streamed;
//   - requests: where the same test was also recorded against OpenAI's own API,
//     that request, sent to Gemway, must arrive upstream meaning what the
//     recorded native request means.
//
// What does not hold is listed in exceptions.txt with a reason; an entry that
// holds anyway fails, so the list can only shrink.
//
// Where to look: corpus_test.go loads, stub_test.go answers, server_test.go
// starts Gemway, expect_test.go (with usage_test.go and failure_test.go) derives
// the right answer, answer_test.go and stream_test.go read OpenAI's,
// compare_test.go compares, oracle_test.go tries the judge itself, meaning_test.go and
// twin_test.go derive and compare the meaning of requests, laws_test.go cuts the
// upstream's bytes, and replay_test.go drives it all.
package replay
