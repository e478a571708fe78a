(function () {
  "use strict";
  var list = document.getElementById("visits");
  var bar = document.getElementById("bar");
  if (!list) return;
  var visits = Array.prototype.slice.call(list.children);
  var key = "optiway:" + list.getAttribute("data-route");

  function read() {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch (error) { return {}; }
  }
  function keep() {
    try { localStorage.setItem(key, JSON.stringify(ticked)); } catch (error) { /* not kept, all else works */ }
  }
  var ticked = read();

  function isDone(visit) {
    var name = visit.getAttribute("data-key");
    return Object.prototype.hasOwnProperty.call(ticked, name) ? ticked[name] : visit.hasAttribute("data-behind");
  }
  function show(opens) {
    var next = null, done = 0;
    visits.forEach(function (visit) {
      var over = isDone(visit), button = visit.querySelector(".tick");
      visit.classList.toggle("done", over);
      visit.classList.remove("next");
      button.textContent = button.getAttribute(over ? "data-undo" : "data-done");
      button.setAttribute("aria-pressed", String(over));
      if (over) done += 1;
      else if (!next) next = visit;
    });
    if (bar) bar.value = done;
    if (!next) return;
    next.classList.add("next");
    if (opens) next.querySelector("details").open = true;
  }
  visits.forEach(function (visit) {
    visit.querySelector(".tick").addEventListener("click", function () {
      ticked[visit.getAttribute("data-key")] = !isDone(visit);
      keep();
      visit.querySelector("details").open = false;
      show(true);
      var next = list.querySelector(".next");
      if (next) next.scrollIntoView({ block: "start", behavior: "smooth" });
    });
  });
  document.documentElement.classList.add("scripted");
  show(true);
})();
