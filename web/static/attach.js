// Files to go with a message: pictures, sound, PDF.
import { h, icon, announce } from "./dom.js";

const MOST = 15 << 20; // bytes of all files together; base64 makes a third more of it

const FORMATS = { "audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mp4": "m4a", "audio/x-m4a": "m4a" };
const PICTURES = ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "image/gif"];

// kind says what a file is to the API, or "" when it is nothing that models read.
function kind(file) {
  if (PICTURES.includes(file.type)) return "image";
  if (file.type.startsWith("audio/")) return "audio";
  return file.type === "application/pdf" ? "file" : "";
}

// Attachments are the files of the next message.
export class Attachments {
  #files = [];
  #list;

  constructor(list) {
    this.#list = list;
  }

  get size() {
    return this.#files.length;
  }

  // add takes files in; it returns what is to be told to the user, or "".
  add(files) {
    const refused = [];
    for (const file of files) {
      const total = this.#files.reduce((n, a) => n + a.file.size, file.size);
      if (!kind(file)) refused.push(`${file.name}: only pictures, sound and PDF can be attached`);
      else if (total > MOST) refused.push(`${file.name}: more than ${MOST >> 20} MB in all`);
      else this.#files.push({ file, kind: kind(file), url: URL.createObjectURL(file) });
    }
    this.#show();
    return refused.join(". ");
  }

  // take returns the files as parts of a message, { part, kind, name, url }, and
  // is empty afterwards.
  async take() {
    const taken = this.#files;
    this.#files = [];
    this.#show();
    return Promise.all(taken.map(async (a) => ({ ...a, name: a.file.name, part: await part(a) })));
  }

  #show() {
    this.#list.hidden = !this.#files.length;
    this.#list.replaceChildren(...this.#files.map((a) => h("li", {}, preview(a), h("span", { class: "name" }, a.file.name),
      h("button", {
        type: "button", class: "quiet", "aria-label": `Remove ${a.file.name}`, onclick: () => {
          this.#files = this.#files.filter((b) => b !== a);
          URL.revokeObjectURL(a.url);
          this.#show();
          announce(`Removed ${a.file.name}`);
        },
      }, icon("close")))));
  }
}

// preview shows a file of the user's own.
export function preview({ kind: what, url, name = "" }) {
  if (what !== "image") return icon(what === "audio" ? "sound" : "file");
  const img = h("img", { alt: name });
  img.src = url; // a blob of this page
  return img;
}

// part reads a file into a content part of OpenAI's API.
async function part({ file, kind: what }) {
  const data = await dataURL(file);
  const base64 = data.slice(data.indexOf(",") + 1);
  if (what === "image") return { type: "image_url", image_url: { url: data } };
  if (what === "audio") {
    const type = file.type.split(";")[0];
    return { type: "input_audio", input_audio: { data: base64, format: FORMATS[type] ?? type.slice("audio/".length) } };
  }
  return { type: "file", file: { filename: file.name, file_data: data } };
}

function dataURL(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
