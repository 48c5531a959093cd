// Theme, density and the narrow rail: changed at once, kept by the server (rail: by a cookie).
const root = document.documentElement;

export function choose(name, value) {
  root.dataset[name] = value;
  document.querySelectorAll(`[data-preference="${name}"]`).forEach((button) => {
    button.setAttribute("aria-pressed", button.value === value);
  });
  document.dispatchEvent(new CustomEvent("look-changed"));
  const body = new URLSearchParams({ [name]: value });
  const token = document.querySelector('meta[name="csrf-token"]').content;
  return fetch(document.body.dataset.preferenceUrl, {
    method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" },
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-preference]");
  if (!button) return;
  event.preventDefault();
  choose(button.dataset.preference, button.value);
});

const toggle = document.querySelector("[data-rail-toggle]");
if (toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const narrow = document.body.dataset.rail !== "narrow";
    if (narrow) document.body.dataset.rail = "narrow";
    else delete document.body.dataset.rail;
    document.cookie = `quittance_rail=${narrow ? "narrow" : ""}; path=/; max-age=31536000; samesite=lax`;
  });
}
