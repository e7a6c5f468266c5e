/** A module that is loaded before a child's own, and imports the package. */

import "../../../mod.ts";
