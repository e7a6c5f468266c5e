/** Every type of proxies: a process that imports this can take any out of a message. */

import "./custom.ts";
import "./dict.ts";
import "./event.ts";
import "./list.ts";
import "./lock.ts";
import "./namespace.ts";
import "./queue.ts";
import "./set.ts";
import "./value.ts";
