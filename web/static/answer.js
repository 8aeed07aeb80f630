// An answer while it comes in: the deltas of a stream added up, or the message
// of a whole answer.

export class Answer {
  content = "";
  reasoning = "";
  refusal = "";
  calls = [];
  images = [];
  annotations = [];
  audio = null;
  extra = undefined; // extra_content of the message, to be sent back
  finish = null;
  usage = null;
  model = "";

  // push adds a chunk of a stream, or takes a whole answer.
  push(event) {
    if (event.model) this.model = event.model;
    if (event.usage) this.usage = event.usage;
    const choice = event.choices?.find((c) => c.index === 0) ?? event.choices?.[0];
    if (!choice) return;
    if (choice.finish_reason) this.finish = choice.finish_reason;
    const piece = choice.delta ?? choice.message ?? {};
    this.content += piece.content ?? "";
    this.reasoning += piece.reasoning_content ?? "";
    this.refusal += piece.refusal ?? "";
    for (const [i, call] of (piece.tool_calls ?? []).entries()) this.#call(call, call.index ?? i);
    this.images.push(...(piece.images ?? []));
    this.annotations.push(...(piece.annotations ?? []));
    if (piece.audio) this.audio = piece.audio;
    if (piece.extra_content) this.extra = merge(this.extra, piece.extra_content);
  }

  #call(piece, index) {
    const call = (this.calls[index] ??= { id: "", type: "function", function: { name: "", arguments: "" } });
    if (piece.id) call.id = piece.id;
    if (piece.type) call.type = piece.type;
    if (piece.extra_content) call.extra_content = piece.extra_content;
    call.function.name += piece.function?.name ?? "";
    call.function.arguments += piece.function?.arguments ?? "";
  }

  get empty() {
    return !this.content && !this.reasoning && !this.refusal && !this.calls.length && !this.images.length && !this.audio;
  }

  // message is what goes back to the server in the next request.
  message() {
    const out = { role: "assistant", content: this.content || null };
    if (this.calls.length) out.tool_calls = this.calls;
    if (this.images.length) out.images = this.images;
    if (this.extra) out.extra_content = this.extra;
    return out;
  }
}

function merge(a, b) {
  const out = { ...a };
  for (const [name, value] of Object.entries(b)) {
    out[name] = value && typeof value === "object" && !Array.isArray(value) ? { ...out[name], ...value } : value;
  }
  return out;
}
