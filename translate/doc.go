// Package translate turns OpenAI's API into Gemini's and back: pure functions
// and stream machines over the wire types of the packages openai and gemini.
// It does no I/O, reads no clock, makes no random numbers and logs nothing;
// what it cannot know comes in as arguments.
//
// A chat request goes through NewChat, which gives the native request and a
// Chat that remembers what the way back needs: the client's names for tools,
// which form calls had, what was left out. Answers go through
// [Chat.NewAnswer]: Push takes a whole answer or the chunks of a stream, Finish
// ends it. The same machine serves both, so that a stream and a whole answer
// cannot differ.
//
// What a model can do comes from a Model, a row of the catalog; no function
// here knows a model by name. The API may change until version 1.
package translate
