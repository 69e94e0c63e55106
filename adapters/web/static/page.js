// The page's script: sends forms without leaving the page, and shows what the server streams.
"use strict";

const log = document.getElementById("log");
const state = document.getElementById("state");
const board = document.getElementById("board");
const SHOWN = 100;
const title = document.title;
const missed = new Set();
let seen = log?.dataset.since;
let unread = 0;
let pinned = true;
let waiting;
let shown;
let version = board ? versionOf(board) : undefined;

function tell(kind) {
  clearTimeout(waiting);
  if (state) state.textContent = kind ? state.dataset[kind] : "";
  if (kind === "busy") waiting = setTimeout(tell, 60_000);
}

function toEnd() {
  log.scrollTop = log.scrollHeight;
}

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    const day = today ? {} : { day: "numeric", month: "short" };
    time.textContent = at.toLocaleString(document.documentElement.lang, { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    time.title = at.toLocaleString(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
  }
}

function show({ id, html }) {
  const piece = document.createElement("template");
  piece.innerHTML = html;
  localTimes(piece.content);
  const post = piece.content.firstElementChild;
  const before = document.getElementById(id);
  const follow = pinned || post?.classList.contains("own");
  if (before && post) before.replaceWith(post);
  else if (before) before.remove();
  else if (post) log.append(post);
  for (const greeting of document.querySelectorAll("#welcome, #offers")) greeting.remove();
  const posts = log.querySelectorAll(".post");
  for (const old of [...posts].slice(0, Math.max(0, posts.length - SHOWN))) old.remove();
  if (follow) toEnd();
  if (post && !post.classList.contains("own")) arrived(post, !before);
}

function arrived(post, fresh) {
  tell("");
  if (fresh && document.hidden && !("silent" in post.dataset)) document.title = `(${++unread}) ${title}`;
  if (board) setTimeout(refresh, 300);
}

// The moving parts of the desk; one that stands nowhere yet has its alert come up on the board.
function move(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const part = document.querySelector(`[data-moves="${name}"]`);
    if (part) become(part, html);
    else if (!missed.has(name)) {
      missed.add(name);
      refresh();
    }
  }
}

// Let an element have this content, and touch nothing of it that stays: what has the focus keeps it.
function become(element, html) {
  const fresh = element.cloneNode(false);
  fresh.innerHTML = html;
  settle(element, fresh);
}

function settle(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [had, has] = [[...old.childNodes], [...fresh.childNodes]];
  for (const [at, child] of has.entries()) {
    if (at < had.length) settle(had[at], child);
    else old.append(child);
  }
  for (const rest of had.slice(has.length)) rest.remove();
}

function listen() {
  const desk = document.querySelector("[data-moves]") ? "&desk" : "";
  const source = new EventSource(`/events?since=${seen}${desk}`);
  let later = false;
  source.addEventListener("post", (event) => {
    seen = event.lastEventId;
    show(JSON.parse(event.data));
  });
  source.addEventListener("desk", (event) => move(JSON.parse(event.data)));
  source.addEventListener("later", () => (later = true)); // too many tabs: this one asks now and then
  source.onopen = () => {
    if (state.textContent === state.dataset.offline) tell("");
  };
  source.onerror = () => {
    const lost = source.readyState === EventSource.CLOSED;
    if (lost) setTimeout(listen, 5000);
    else if (!later) setTimeout(() => source.readyState === EventSource.CONNECTING && tell("offline"), 2500);
    if (lost) tell("offline");
  };
}

// What is typed next is a reply to this message; without one it is none.
function reply(post) {
  const bar = document.getElementById("replying");
  const line = document.getElementById("line");
  line.form.elements.under.value = post?.id ?? "";
  bar.querySelector("q").textContent = post?.querySelector(".words > :not(img)")?.textContent ?? "";
  bar.hidden = !post;
  line.focus();
}

async function submit(form, submitter) {
  const notice = form.querySelector("[role=alert]") ?? document.getElementById("notice");
  const filled = new FormData(form, submitter);
  const fields = form.enctype === "multipart/form-data" ? filled : new URLSearchParams(filled);
  const buttons = form.querySelectorAll("button:not(:disabled)");
  for (const button of buttons) button.disabled = true;
  notice.textContent = "";
  tell("busy"); // before it is sent: the answer may be streamed before the form's own is here
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.problem);
    if (form.elements.key) {
      form.reset();
      form.elements.key.value = said.key;
      if (form.elements.under?.value) reply();
    }
    toEnd();
    log.closest(".panel").scrollIntoView({ block: "nearest" });
  } catch (error) {
    tell("");
    notice.textContent = error instanceof TypeError || error instanceof SyntaxError ? state.dataset.failed : error.message;
  }
  for (const button of buttons) button.disabled = false;
}

async function read(address) {
  const answer = await fetch(address).catch(() => null);
  return answer?.status === 200 ? answer.text() : undefined; // 204: it is as it was
}

async function refresh() {
  if (document.hidden) return;
  const mark = board.querySelector("[data-mark]")?.dataset.mark;
  const html = await read(board.dataset.from + (mark ? `?seen=${mark}` : ""));
  if (html !== undefined && html !== shown) become(board, (shown = html));
  if (versionOf(board) !== version) await renew();
}

function versionOf(root) {
  return root.querySelector("[data-version]")?.dataset.version;
}

// An alert has moved on: show its other parts anew, but leave alone what somebody is just filling in.
async function renew() {
  const html = await read(location.pathname);
  if (html === undefined) return;
  const page = new DOMParser().parseFromString(html, "text/html");
  let left = false;
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (part.querySelector("form") && [...part.querySelectorAll("input, textarea")].some(typedIn)) left = true;
    else if (fresh) replace(part, fresh);
  }
  version = versionOf(page);
  document.getElementById("moved").hidden = !left;
}

function typedIn(field) {
  return field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

function replace(part, fresh) {
  const focused = part.contains(document.activeElement);
  part.replaceWith(fresh);
  if (focused) fresh.focus({ preventScroll: true });
}

async function watch() {
  await refresh();
  setTimeout(watch, board.querySelector("[data-busy]") ? 1000 : 5000);
}

if (seen !== undefined) {
  localTimes(log);
  toEnd();
  log.addEventListener("scroll", () => (pinned = log.scrollHeight - log.scrollTop - log.clientHeight < 80));
  log.addEventListener("load", () => pinned && toEnd(), true); // a photo has come, and needs its room
  new ResizeObserver(() => pinned && toEnd()).observe(log); // a phone's keyboard comes up
  listen();
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-live]")) return;
    event.preventDefault();
    submit(event.target, event.submitter);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".reply, .replying a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    reply(link.closest(".post"));
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      unread = 0;
      document.title = title;
    }
  });
}
document.getElementById("line")?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.form.elements.under.value) reply();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.form.requestSubmit();
});
const attach = document.querySelector(".attach");
attach?.addEventListener("change", ({ target }) => {
  const line = document.getElementById("line");
  attach.classList.toggle("chosen", target.files.length > 0);
  if (target.files.length && !line.value.trim()) line.value = "/import";
  line.focus();
});
attach?.closest("form").addEventListener("reset", () => attach.classList.remove("chosen"));
if (board) setTimeout(watch, board.querySelector("[data-busy]") ? 1000 : 5000);
document.querySelector("form[data-submit]")?.requestSubmit();
