// The playground: puts its parts together.
import { key, server } from "./api.js";
import { Chat } from "./chat.js";
import { Inspector } from "./inspector.js";
import { images } from "./images.js";
import { embeddings } from "./embeddings.js";
import { Picker, describe, load } from "./models.js";
import { $, h, tabs } from "./dom.js";

const inspector = new Inspector();
const chatPicker = new Picker($("chat-model"), "chat");
const imagePicker = new Picker($("image-model"), "images");
const embeddingPicker = new Picker($("embedding-model"), "embeddings");

const chat = new Chat({ picker: chatPicker, inspector, askKey });
images({ picker: imagePicker, askKey });
embeddings({ picker: embeddingPicker, askKey });

const update = chatPicker.onchange;
chatPicker.onchange = () => {
  update?.();
  $("model-facts").textContent = describe(chatPicker.model);
  inspector.update();
};

const view = tabs($("views"), (name) => {
  document.body.dataset.view = name;
  history.replaceState(null, "", name === "chat" ? location.pathname : `#${name}`);
});
view(location.hash.slice(1));
addEventListener("hashchange", () => view(location.hash.slice(1)));

// --- the key

function askKey() {
  $("key-field").value = key.get();
  $("key-dialog").showModal();
}

$("key-button").addEventListener("click", askKey);
$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key.set($("key-field").value.trim());
  $("key-dialog").close();
  connect();
});
$("key-forget").addEventListener("click", () => {
  key.set("");
  $("key-dialog").close();
  connect();
});
$("key-cancel").addEventListener("click", () => $("key-dialog").close());

// --- the server

const MODES = {
  "offline": { pill: "Offline", title: "The built-in emulator answers. No model is asked, no key is needed." },
  "server-key": { pill: "Ready", title: "The server holds the Gemini key." },
  "client-key": { pill: "Ready", title: "The server holds the Gemini key, and knows you by a key of its own.", own: true },
  "caller-key": { pill: "Ready", title: "Requests are made with your own Gemini key." },
  "unknown": { pill: "Ready", title: "" },
};

// connect asks for mode and models, and says how it went.
async function connect() {
  const [mode, list] = await Promise.all([server(), load()]);
  const m = MODES[mode] ?? MODES.unknown;
  $("key-source").hidden = m.own === true; // then Google's keys are not what is asked for
  let state = "ok", text = m.pill, title = m.title;
  if (list.error?.status === 401 || list.error?.status === 403) {
    state = "wait";
    text = key.get() ? "Key refused" : "Key needed";
    title = list.error.message;
  } else if (list.error && list.error.code !== "unknown_route") {
    state = "bad";
    text = list.error.status ? `Error ${list.error.status}` : "No connection";
    title = list.error.message;
  } else if (list.notice) {
    title = list.notice;
  }
  $("status").dataset.state = state;
  $("status-text").textContent = text;
  $("status").title = title;
  $("key-state").textContent = key.get() ? "Key set" : "Key";
  $("key-button").classList.toggle("set", key.get() !== "");
  const hint = state === "wait" ? [title.split(". ")[0] + ".", h("button", { type: "button", class: "primary", onclick: askKey }, "Enter a key")]
    : state === "bad" ? [title, h("button", { type: "button", onclick: connect }, "Try again")]
      : mode === "offline" ? ["Offline: the built-in emulator answers."] : [];
  $("hint").replaceChildren(...hint);
  $("hint").hidden = !hint.length;
  $("hint").dataset.state = state;
  for (const picker of [chatPicker, imagePicker, embeddingPicker]) picker.fill(list.models);
}

// --- examples

const EXAMPLES = {
  think: () => ({ text: "What is 17 * 24? Explain how you get there.", effort: "low" }),
  tools: () => ({ text: "What is the weather in Paris, do I need an umbrella?", useTools: true }),
  schema: () => ({ text: "A quick recipe for pancakes.", useSchema: true }),
  picture: async () => ({ text: "What do you see in this picture?", file: await drawing() }),
};
for (const button of $("examples").querySelectorAll("button")) {
  button.addEventListener("click", async () => chat.suggest(await EXAMPLES[button.dataset.name]()));
}

// drawing makes a picture to ask about, so that none has to be looked for.
function drawing() {
  const canvas = h("canvas");
  canvas.width = 480;
  canvas.height = 320;
  const c = canvas.getContext("2d");
  const sky = c.createLinearGradient(0, 0, 0, 320);
  sky.addColorStop(0, "#274690");
  sky.addColorStop(1, "#f5a65b");
  c.fillStyle = sky;
  c.fillRect(0, 0, 480, 320);
  c.fillStyle = "#fff1c9";
  c.beginPath();
  c.arc(360, 190, 40, 0, 7);
  c.fill();
  c.fillStyle = "#1b2a41";
  c.beginPath();
  c.moveTo(0, 320);
  for (const [x, y] of [[0, 250], [90, 160], [170, 235], [250, 140], [340, 240], [410, 200], [480, 260], [480, 320]]) c.lineTo(x, y);
  c.fill();
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(new File([blob], "mountains.png", { type: "image/png" })), "image/png"));
}

await connect();
