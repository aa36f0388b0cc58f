/* Sends a page's forms to Accord:
 *   <script src="https://accord.example.com/v1/form.js" data-key="pk_…" async></script>
 *   <form data-accord> … the inputs' names are the form's keys … </form>
 * A page hears of it by the events accord:sent and accord:failed on the form; preventDefault() on one leaves the rest to
 * the page. Where anything the script needs is missing, it does nothing and the browser posts the form by itself. */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || !script.dataset.key || !window.fetch || !window.AbortController || !window.URLSearchParams) return;
  const key = script.dataset.key;
  const leadsUrl = new URL("leads", script.src).href;
  const formUrl = new URL("form", script.src).href;
  const formKept = `form:${formUrl}:${key}`;

  const TRIES = 8;
  const ANSWER_SECONDS = 20;
  const LONGEST_WAIT_SECONDS = 60;
  const FORM_KEPT_SECONDS = 300;
  const AGAIN = [408, 425, 429, 500, 502, 503, 504];
  const YES = ["1", "yes", "y", "true", "on"];
  const NO = ["0", "no", "n", "false", "off"];
  const WORDS = {
    sending: "Sending …",
    waiting: "This takes longer than usual. It is being tried again …",
    failed: "This could not be sent. What you wrote is kept; please try again in a moment.",
    closed: "This form cannot be sent at the moment. Please contact us another way.",
    wrong: "Please look at the marked fields.",
  };

  /* What outlives a reload of the page, for this tab alone; where that is forbidden, what outlives a failure. */
  const held = {};
  const memory = {
    read(name) {
      if (name in held) return held[name];
      try { return JSON.parse(sessionStorage.getItem(`accord:${name}`)); } catch { return null; }
    },
    keep(name, value) {
      held[name] = value;
      try { sessionStorage.setItem(`accord:${name}`, JSON.stringify(value)); } catch { /* a private window, or full */ }
    },
    forget(name) {
      delete held[name];
      try { sessionStorage.removeItem(`accord:${name}`); } catch { /* as above */ }
    },
  };

  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  function newToken() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function ask(url, options) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_SECONDS * 1000);
    try {
      const headers = { Authorization: `Bearer ${key}`, ...options.headers };
      const answer = await fetch(url, { ...options, headers, signal: stop.signal, credentials: "omit" });
      return { status: answer.status, wait: Number(answer.headers.get("Retry-After")), body: await bodyOf(answer) };
    } catch {
      return { status: 0, wait: 0, body: {} };
    } finally {
      clearTimeout(timer);
    }
  }

  const bodyOf = (answer) => answer.json().then((body) => body || {}, () => ({}));

  const comesAgain = (answer) =>
    answer.status === 0 || AGAIN.includes(answer.status) || codeOf(answer.body) === "idempotency-in-progress";
  const codeOf = (problem) => String((problem || {}).type || "").split("/").pop();

  /* What only the owner of the page can put right: a key, an origin, what the page adds by itself. */
  const isOwners = ({ status, body }) =>
    (status >= 400 && status < 500 && ![...AGAIN, 409, 422].includes(status)) ||
    (body.errors || []).some((error) => String(error.pointer).startsWith("#/_"));

  /* Tries until there is a final answer: 1, 2, 4 … seconds apart, or as long as the service says. */
  async function insist(url, options, onWait) {
    for (let turn = 1; ; turn += 1) {
      const answer = await ask(url, options);
      if (!comesAgain(answer) || turn === TRIES) return answer;
      onWait();
      const usual = Math.min(2 ** (turn - 1), 30) * (0.75 + Math.random() / 2);
      await pause(Math.min(Math.max(answer.wait || 0, usual), LONGEST_WAIT_SECONDS));
    }
  }

  /* What the form asks, so that inputs which only the page knows are not sent. */
  async function askedBy(onWait) {
    const kept = memory.read(formKept);
    if (kept && Date.now() - kept.at < FORM_KEPT_SECONDS * 1000) return { fields: kept.fields };
    const answer = await insist(formUrl, { method: "GET" }, onWait);
    if (answer.status !== 200) return { problem: answer };
    memory.keep(formKept, { at: Date.now(), fields: answer.body.properties });
    return { fields: answer.body.properties };
  }

  const NEVER_SENT = ["password", "file", "submit", "reset", "button", "image", "fieldset", "output"];
  const SENT = (input) => input.name && !input.disabled && !NEVER_SENT.includes(input.type);
  const TYPED = (input) => SENT(input) && input.type !== "hidden" && !input.name.startsWith("_");
  const named = (form, name) => Array.from(form.elements).filter((input) => input.name === name && SENT(input));

  /* One value of JSON for all inputs of one name; undefined is "not given". */
  function valueOf(inputs, asked) {
    const type = [].concat(asked.type);
    const ticked = inputs.filter((input) => !["checkbox", "radio"].includes(input.type) || input.checked);
    if (type.includes("boolean") && inputs.every((input) => input.type === "checkbox")) return ticked.length > 0;
    const texts = ticked.flatMap((input) =>
      input.multiple && input.selectedOptions ? Array.from(input.selectedOptions, (one) => one.value) : [input.value]);
    const text = texts.map((one) => String(one || "").trim()).filter(Boolean).join(", ");
    if (!text) return undefined;
    const word = text.toLowerCase();
    if (type.includes("boolean") && (YES.includes(word) || NO.includes(word))) return YES.includes(word);
    // 1.234 could be two amounts: the service says so at the field.
    const thousands = asked["x-kind"] === "money" && /^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(text);
    if (type.includes("number") && !thousands && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return Number(text);
    return text;
  }

  function campaign(fields) {
    const found = {};
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (fields[name] && !fields[name]["x-kind"] && value) found[name] = value;
    }
    if (fields.referrer && document.referrer) found.referrer = document.referrer;
    if (fields.page) found.page = location.origin + location.pathname;
    return found;
  }

  const warned = new Set();

  function warnOfUnknown(form, fields) {
    Array.from(form.elements).filter((input) => TYPED(input) && !fields[input.name]).forEach(({ name }) => {
      if (!warned.has(name)) console.warn(`Accord: the form has no field “${name}”; it is not sent.`);
      warned.add(name);
    });
  }

  function contentOf(form, fields) {
    const found = campaign(fields);
    for (const name of new Set(Array.from(form.elements, (input) => input.name))) {
      const inputs = fields[name] ? named(form, name) : [];
      const value = inputs.length ? valueOf(inputs, fields[name]) : undefined;
      if (value !== undefined) found[name] = value;
    }
    for (const name of ["_website", "_redirect"]) {
      const value = named(form, name).map((input) => input.value).find(Boolean);
      if (value) found[name] = value;
    }
    return found;
  }

  function attach(form, place) {
    const here = `${location.pathname}:${form.getAttribute("id") || form.getAttribute("name") || place}`;
    const openedAt = new Date().toISOString();
    const status = document.createElement("p");
    let busy = false;

    function begin() {
      status.setAttribute("role", "status");
      form.append(status, honeypot(form));
      restore();
      form.addEventListener("input", (event) => { clear(event.target); keepTyped(); });
      form.addEventListener("change", keepTyped);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!busy) send().catch(postPlainly);
      });
    }

    async function send() {
      setBusy(true);
      try {
        clearAll();
        keepTyped();
        say(WORDS.sending);
        finish(await deliver(true));
      } finally {
        setBusy(false);
      }
    }

    async function deliver(mayAskAgain) {
      const waiting = () => say(WORDS.waiting);
      const { fields, problem } = await askedBy(waiting);
      if (problem) return problem;
      warnOfUnknown(form, fields);
      const { token, body } = sending(contentOf(form, fields));
      const headers = { "Content-Type": "application/json", "Idempotency-Key": token };
      const answer = await insist(leadsUrl, { method: "POST", headers, body, keepalive: true }, waiting);
      const changed = (answer.body.errors || []).some((error) => error.code === "unknown-field");
      if (!mayAskAgain || !changed) return answer;
      memory.forget(formKept);
      return deliver(false);
    }

    /* The same content is the same sending, whether it is sent again or the page was loaded again in between. */
    function sending(content) {
      const text = JSON.stringify(content);
      const kept = memory.read(`sending:${here}`);
      if (kept && kept.text === text) return kept;
      const fresh = { text, token: newToken(), body: JSON.stringify({ ...content, _opened_at: openedAt }) };
      memory.keep(`sending:${here}`, fresh);
      return fresh;
    }

    function finish(answer) {
      if (answer.status >= 200 && answer.status < 300) return sent(answer.body);
      if (answer.status && !comesAgain(answer)) memory.forget(`sending:${here}`);
      return failed(answer);
    }

    function sent(receipt) {
      memory.forget(`sending:${here}`);
      memory.forget(`typed:${here}`);
      say("");
      if (!tell("accord:sent", receipt)) return;
      const next = receipt.next || {};
      if (next.redirect) return location.assign(next.redirect);
      HTMLFormElement.prototype.reset.call(form); // an input may be called "reset"
      Array.from(form.children).forEach((child) => { child.hidden = child !== status; });
      say(next.message || "");
    }

    function failed(answer) {
      const { errors = [], detail = "" } = answer.body;
      const code = codeOf(answer.body);
      say("");
      if (isOwners(answer)) console.error(`Accord: ${code || answer.status}: ${detail}`);
      if (!tell("accord:failed", { status: answer.status, code, errors })) return;
      const unplaced = errors.filter((error) => !mark(error));
      const first = Array.from(form.elements).find((input) => input.getAttribute("aria-invalid") === "true");
      if (first) first.focus();
      if (isOwners(answer)) return say(WORDS.closed);
      const begins = errors.length > unplaced.length ? [WORDS.wrong] : unplaced.length ? [] : [WORDS.failed];
      say([...begins, ...unplaced.map((error) => error.detail)].join(" "));
    }

    /* Whether there is an input to show it at. */
    function mark(error) {
      const name = decodeURIComponent(error.pointer.replace(/^#\/?/, ""));
      const input = named(form, name).find((one) => one.type !== "hidden" && one.getClientRects().length);
      if (!input) return false;
      const text = `This ${error.detail.replace(name, "").trim()}`;
      const note = document.createElement("div"); // on a line of its own
      note.id = `accord-${place}-${name}`;
      note.className = "accord-error";
      note.textContent = text;
      const box = ["checkbox", "radio"].includes(input.type) && input.closest("label");
      (box || input).after(note);
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", note.id);
      input.setCustomValidity(text);
      return true;
    }

    function clear(input) {
      if (!input || !input.name) return;
      named(form, input.name).filter((one) => one.getAttribute("aria-invalid")).forEach((one) => {
        one.setCustomValidity("");
        one.removeAttribute("aria-invalid");
        one.removeAttribute("aria-describedby");
      });
      const note = document.getElementById(`accord-${place}-${input.name}`);
      if (note) note.remove();
    }

    const clearAll = () => Array.from(form.elements).forEach(clear);

    function keepTyped() {
      const typed = Array.from(form.elements).filter(TYPED).map((input) => [
        input.name,
        input.type === "checkbox" || input.type === "radio" ? input.checked
          : input.multiple && input.selectedOptions ? Array.from(input.selectedOptions, (one) => one.value)
          : input.value,
      ]);
      memory.keep(`typed:${here}`, typed);
    }

    function restore() {
      const inputs = Array.from(form.elements).filter(TYPED);
      (memory.read(`typed:${here}`) || []).forEach(([name, value], at) => {
        const input = inputs[at];
        if (!input || input.name !== name) return;
        if (typeof value === "boolean") input.checked = value;
        else if (Array.isArray(value)) for (const one of input.options) one.selected = value.includes(one.value);
        else if (value) input.value = value;
      });
    }

    function setBusy(now) {
      busy = now;
      form.setAttribute("aria-busy", String(now));
    }

    const say = (text) => { status.textContent = text; };
    const tell = (name, detail) =>
      form.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));

    /* The way of a page without scripts: the browser posts, and shows what is answered. */
    function postPlainly() {
      const { token } = memory.read(`sending:${here}`) || { token: newToken() };
      const added = { _key: key, _idempotency_key: token, _opened_at: openedAt };
      Object.entries(added).filter(([name]) => !form.elements[name]).forEach(([name, value]) => {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      });
      form.setAttribute("method", "post");
      form.setAttribute("action", leadsUrl);
      form.removeAttribute("enctype");
      HTMLFormElement.prototype.submit.call(form);
    }

    begin();
  }

  /* People do not meet it; what fills in everything does. */
  function honeypot(form) {
    if (form.elements._website) return "";
    const input = Object.assign(document.createElement("input"), { type: "text", name: "_website", tabIndex: -1 });
    input.autocomplete = "off";
    input.setAttribute("aria-hidden", "true");
    Object.assign(input.style, { position: "absolute", left: "-10000px", width: "1px", height: "1px", opacity: "0" });
    return input;
  }

  function start() {
    document.querySelectorAll("form[data-accord]").forEach(attach);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
