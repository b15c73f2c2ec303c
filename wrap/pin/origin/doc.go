// Package origin finds out what a command line really runs, and starts exactly what was found once a human accepted it.
//
// # What is recorded
//
// A program (a binary, or a script that starts with "#!") and a script of an interpreter are recorded as their absolute path, symlinks
// resolved, and the digest of their bytes; of the interpreter the path and version, which are never compared; the recorded one is taken as long as it is there. A package that npx,
// npm exec, bunx, pnpm dlx or yarn dlx would run is installed by npm in a folder of the store, and recorded as its name, its exact
// version, the file that is started, the digest of the lock of all that was installed with it, and the digest of the list of its
// files. A container image is recorded as the digest by which the engine starts it. Anything else, such as a line for a shell, code
// on the command line, or a Python package, is of kind "unresolved", with the reason, and is started as the entry has it.
//
// # Format
//
// A digest is "h1:" and the base64 of SHA-256. The store has one folder for each package, and in it node_modules, package.json, and
//
//	package-lock.json  the lock: JSON with members sorted, one line for each package
//	files              a line for each regular file and symlink of node_modules, sorted by path:
//	                   the hexadecimal SHA-256 of its content, or of "-> " and its target, two blanks, its path with slashes
//
// Lock is the digest of package-lock.json, and Tree is the digest of files. What npm repeats of the lock in
// node_modules/.package-lock.json is not listed. To recompute Lock and Tree by hand, in the folder:
//
//	openssl dgst -sha256 -binary package-lock.json | base64
//	{
//	  find node_modules -type f ! -path node_modules/.package-lock.json -exec sha256sum {} +
//	  find node_modules -type l | while IFS= read -r f; do
//	    echo "$(printf '%s' "-> $(readlink "$f")" | sha256sum | cut -c -64)  $f"
//	  done
//	} | LC_ALL=C sort -k 2 | openssl dgst -sha256 -binary | base64
//
// # Guarantees
//
// A package is installed in a folder of its own, and neither the working folder, nor a folder above the store, nor a variable of the
// environment chooses what is installed; the user's own .npmrc does, for registries and credentials. npm and install scripts see the
// variables that they need, and no others of the server. A package is never looked for in the working folder or among global
// packages.
//
// Prepare reads every listed file of a package as a whole each time: nothing that stat says is trusted, since an edit can keep size
// and time, and an index of what cannot be set, such as ctime, would itself be a file that the same user writes. A file that is not
// listed is drift where node could load it without a listed file naming it in full: code, what stands for a package, a link, and
// what comes before a listed file when require completes a name. Other new files are the server's data, and stay in the folder. What
// was accepted is started by node directly: no shell and no npx run. A package whose folder is gone is installed again from the
// recorded lock, which npm checks by the lock's digests, and has to give the same list of files.
//
// # What it does not protect against
//
// Between the check and the moment when node loads a file, code that runs as the same user can change it, and such code can change
// the pin as well. Of a script and a program only the file itself is covered, not what it loads, nor what its interpreter reads in
// the working folder, such as deno.json and bunfig.toml; of a package not what it fetches or what it loads from outside: node looks
// for what a package lacks in node_modules of the folders above the store too. Interpreters, container engines, npm, and the
// registry at the first sight are trusted. Install scripts run, as they would under npx, with the user's rights, before anything was
// verified by a human; bunx, pnpm dlx and pnpx run none here. What a container mounts or gets by its flags is on the command line,
// which the pin covers.
package origin
