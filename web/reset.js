const form = document.querySelector("form"), said = document.getElementById("said");
const at = location.hash.lastIndexOf("."), link = location.hash.slice(at + 1);
let tenant = "";
try {
  tenant = decodeURIComponent(location.hash.slice(1, Math.max(at, 1)));
} catch {
  // a % was cut or typed: the link is not whole
}
if (!tenant) { form.hidden = true; said.textContent = "The link is not whole. Open it exactly as you were given it."; }
form.addEventListener("submit", async (e) => {
  e.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch("/v1/reset", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ tenant, link, password: document.getElementById("password").value }),
    });
    if (answer.ok) {
      form.hidden = true;
      history.replaceState(null, "", location.pathname);
      said.textContent = "The password is set. Sign in with it on your device.";
      return;
    }
    const problem = await answer.json();
    said.textContent = problem.title + (problem.detail ? ". " + problem.detail : "");
  } catch {
    said.textContent = "The server was not reached. Try again.";
  }
  button.disabled = false;
});
