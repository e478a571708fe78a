(function () {
  "use strict";
  var lists = document.querySelectorAll("details");
  var marked = document.querySelectorAll("[data-route]");

  function setOpen(open) {
    for (var i = 0; i < lists.length; i++) lists[i].open = open;
  }
  function onClick(id, open) {
    var button = document.getElementById(id);
    if (button) button.addEventListener("click", function () { setOpen(open); });
  }
  onClick("open-all", true);
  onClick("close-all", false);
  window.addEventListener("beforeprint", function () { setOpen(true); });

  function openTarget() {
    var target = document.getElementById(location.hash.slice(1));
    if (target && "open" in target) target.open = true;
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  function routeOf(node) {
    while (node && node.getAttribute) {
      var route = node.getAttribute("data-route");
      if (route !== null) return route;
      node = node.parentNode;
    }
    return null;
  }
  var shown = null;
  document.addEventListener("mouseover", function (event) {
    var route = routeOf(event.target);
    if (route === shown) return;
    shown = route;
    for (var i = 0; i < marked.length; i++) {
      var other = route !== null && marked[i].getAttribute("data-route") !== route;
      marked[i].classList[other ? "add" : "remove"]("dim");
    }
  });
  document.documentElement.className = "scripted";
})();
