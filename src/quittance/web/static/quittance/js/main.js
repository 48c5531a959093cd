// Every behaviour, one module each. Pages work without any of them.
import "./ask.js";
import "./bulk.js";
import "./calls.js";
import "./charts.js";
import "./drop.js";
import "./fit.js";
import "./forms.js";
import "./keys.js";
import "./live.js";
import "./menus.js";
import "./palette.js";
import "./panel.js";
import "./preferences.js";
import "./toasts.js";
