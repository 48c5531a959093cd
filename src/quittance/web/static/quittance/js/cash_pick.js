// Picking items: the difference to the payment is always in sight, and a search keeps what is picked.
import { onEach } from "./onload.js";

// Minor units as integers: cents never drift.
const units = (text) => Math.round(Number(text) * 10000);
const word = (value) => (value / 10000).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2 }).replace("-", "−");

// An amount as a person types it: the last point or comma is the decimal mark.
function typed(text) {
  const plain = text.replace(/[\s\u00a0\u202f']/g, "");
  const mark = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  const number = mark < 0 ? plain : `${plain.slice(0, mark).replace(/[.,]/g, "")}.${plain.slice(mark + 1)}`;
  return /^\d+(\.\d*)?$/.test(number) ? units(number) : null;
}

function pickedSum() {
  const boxes = [...document.querySelectorAll("[data-cash-pick] input[name=item]:checked")];
  if (!boxes.length) return null;
  return boxes.reduce((total, box) => {
    const open = units(box.dataset.amount);
    const part = typed(box.closest("tr").querySelector(".cash-part")?.value ?? "");
    return total + (part === null ? open : Math.sign(open) * part);
  }, 0);
}

function addUp() {
  const box = document.querySelector("[data-cash-balance]");
  if (!box) return;
  const chosen = document.querySelector("[data-cash-choice][data-picked]")?.dataset.sum;
  const sum = pickedSum() ?? units(chosen ?? "0");
  const rest = units(box.dataset.amount) - sum;
  box.querySelector("[data-cash-picked]").textContent = word(sum);
  box.querySelector("[data-cash-rest]").textContent = word(rest);
  const verdict = box.querySelector("[data-cash-verdict]");
  verdict.textContent = rest === 0 ? verdict.dataset.even : rest < 0 ? verdict.dataset.short : verdict.dataset.over;
  box.dataset.tone = rest === 0 ? "settled" : "soon";
}

function askReason() {
  const reason = document.querySelector("[data-cash-reason]");
  if (reason) reason.hidden = document.querySelector("[data-cash-way]").value !== "DEDUCTION";
}

// Whoever writes an amount means the item.
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-cash-pick] .cash-part")) return;
  if (event.target.value.trim()) event.target.closest("tr").querySelector("input[name=item]").checked = true;
  addUp();
});
document.addEventListener("change", (event) => {
  if (!event.target.closest?.("[data-cash-pick]")) return;
  addUp();
  askReason();
});
document.addEventListener("cash:chosen", addUp);

// What is picked goes along with a search, and with the choice of an account.
function carried() {
  const form = document.querySelector("[data-cash-pick]");
  const pairs = [];
  form?.querySelectorAll("input[name=item]:checked").forEach((box) => {
    pairs.push(["item", box.value]);
    const part = box.closest("tr").querySelector(".cash-part")?.value.trim();
    if (part) pairs.push([`amount-${box.value}`, part]);
  });
  return pairs;
}

onEach("[data-cash-find]", (form) => form.addEventListener("formdata", (event) => {
  carried().forEach(([name, value]) => event.formData.append(name, value));
}));
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-cash-account]");
  if (!link) return;
  const address = new URL(link.href);
  carried().forEach(([name, value]) => address.searchParams.append(name, value));
  link.href = address.href;
});

onEach("[data-cash-pick]", () => { addUp(); askReason(); });
addUp();
