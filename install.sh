#!/bin/sh
# Installs sallyport for this user, without root.
#
#     sh install.sh                 builds it from the checkout that this file lies in (needs Go), or takes a release
#     sh install.sh --uninstall     removes what was installed; your configuration, pins, logs and secrets stay
#
# Variables:
#     SALLYPORT_BASE     where releases are: an address (https://…) or a folder; without it, the checkout
#     SALLYPORT_VERSION  which one; without it, the one that the file "latest" there names
#     SALLYPORT_KEY      a minisign public key; with it, a release without a good signature is refused
#     SALLYPORT_PREFIX   where to put it; ~/.local without it: PREFIX/bin, PREFIX/share
#
# Everything is in functions, and the last line, which counts as a whole only, calls them: a file that was cut off on its way does nothing.
set -eu

say() { printf '%s\n' "$*"; }
die() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# fetch SOURCE FILE: from an address or a folder.
fetch() {
	case $1 in
	https://* | http://127.0.0.1:*)
		if has curl; then
			curl --fail --silent --show-error --location --proto '=https,http' --output "$2" "$1" || die "cannot fetch $1"
		elif has wget; then
			wget -q -O "$2" "$1" || die "cannot fetch $1"
		else
			die "curl or wget is needed to fetch $1"
		fi
		;;
	*://*) die "SALLYPORT_BASE is no https address: $1" ;;
	*) cp -- "$1" "$2" 2>/dev/null || die "there is no $1" ;;
	esac
}

sha256() {
	if has sha256sum; then
		sha256sum "$1" | cut -d ' ' -f 1
	elif has shasum; then
		shasum -a 256 "$1" | cut -d ' ' -f 1
	elif has openssl; then
		openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
	else
		die "sha256sum, shasum or openssl is needed to check the archive"
	fi
}

platform() {
	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	*) die "there are releases for Linux and macOS here; on Windows, unpack the zip of the release" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) die "there is no release for $(uname -m); build it from a checkout" ;;
	esac
}

# release fetches an archive, checks it, and unpacks it into $work/new.
release() {
	platform
	version=${SALLYPORT_VERSION:-}
	if [ -z "$version" ]; then
		fetch "$SALLYPORT_BASE/latest" "$work/latest"
		version=$(head -n 1 "$work/latest")
	fi
	case $version in
	'' | *[!A-Za-z0-9.+_-]*) die "\"$version\" is no version" ;;
	esac
	name=sallyport_${version}_${os}_$arch.tar.gz
	fetch "$SALLYPORT_BASE/$name" "$work/$name"
	fetch "$SALLYPORT_BASE/sallyport_${version}_checksums.txt" "$work/checksums"
	signature
	want=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\$/\1/p" "$work/checksums")
	[ -n "$want" ] || die "the checksums do not name $name: nothing was installed"
	[ "$(sha256 "$work/$name")" = "$want" ] || die "$name is not what its checksum says: nothing was installed"
	mkdir "$work/new"
	tar -xzf "$work/$name" -C "$work/new" || die "$name cannot be unpacked"
}

# signature checks that of the checksums. Without a key nobody can say whose it is.
signature() {
	[ -n "${SALLYPORT_KEY:-}" ] || return 0
	has minisign || die "SALLYPORT_KEY is set, and minisign is not here to check with it"
	fetch "$SALLYPORT_BASE/sallyport_${version}_checksums.txt.minisig" "$work/checksums.minisig"
	minisign -Vqm "$work/checksums" -x "$work/checksums.minisig" -P "$SALLYPORT_KEY" || die "the signature is not good: nothing was installed"
}

# build makes the same from the checkout.
build() {
	here=$(cd "$(dirname "$0")" && pwd)
	if ! grep -qs '^module sallyport$' "$here/go.mod"; then
		die "this file lies in no checkout of sallyport: set SALLYPORT_BASE to where its releases are"
	fi
	has go || die "Go is needed to build it (see go.mod for the version), or set SALLYPORT_BASE to where releases are"
	mkdir "$work/new"
	say "building from $here"
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -o "$work/new/sallyport" ./cmd/sallyport) || die "it does not build: nothing was installed"
	mkdir "$work/new/completions"
	for shell in bash zsh fish; do
		"$work/new/sallyport" completion "$shell" >"$work/new/completions/$shell"
	done
	"$work/new/sallyport" manual "$work/new/man"
}

# put SOURCE TARGET: under its final name only once it is whole.
put() {
	mkdir -p "$(dirname "$2")"
	if ! { cp "$1" "$2.new.$$" && chmod "$3" "$2.new.$$" && mv -f "$2.new.$$" "$2"; }; then
		die "cannot write $2"
	fi
	say "$2" >>"$work/installed"
}

install() {
	[ -x "$work/new/sallyport" ] || die "the archive holds no sallyport"
	"$work/new/sallyport" version >/dev/null || die "what was built or fetched does not run here"
	put "$work/new/sallyport" "$prefix/bin/sallyport" 755
	put "$work/new/completions/bash" "$prefix/share/bash-completion/completions/sallyport" 644
	put "$work/new/completions/zsh" "$prefix/share/zsh/site-functions/_sallyport" 644
	put "$work/new/completions/fish" "$prefix/share/fish/vendor_completions.d/sallyport.fish" 644
	for page in "$work/new/man"/*.1; do
		put "$page" "$prefix/share/man/man1/$(basename "$page")" 644
	done
	put "$work/installed" "$list" 644
	say "installed $("$prefix/bin/sallyport" version)"
	say "  $prefix/bin/sallyport, completions for bash, zsh and fish, manual pages"
	case :$PATH: in
	*":$prefix/bin:"*) ;;
	*) say "  $prefix/bin is not in your PATH: add it, or write the whole path" ;;
	esac
	say "next: sallyport install --dry-run shows what it would change in your clients"
	say "      sallyport demo              shows what it does, and changes nothing"
	say "      sallyport help              has the manual"
	say "to remove it: sh install.sh --uninstall"
}

uninstall() {
	[ -f "$list" ] || die "nothing is installed under $prefix by this script"
	if "$prefix/bin/sallyport" uninstall --dry-run 2>/dev/null | grep '^Nothing was changed' >/dev/null; then
		die "clients still start it: run \"$prefix/bin/sallyport uninstall\" first"
	fi
	while IFS= read -r path; do
		case $path in
		"$prefix"/*) rm -f -- "$path" ;;
		esac
	done <"$list"
	rm -f -- "$list"
	rmdir "$(dirname "$list")" 2>/dev/null || :
	say "removed sallyport from $prefix; your configuration, pins, logs and secrets stay"
	say "clients that still name it in their configuration will not start those servers"
}

main() {
	umask 022
	prefix=${SALLYPORT_PREFIX:-${HOME:?}/.local}
	case $prefix in
	/*) ;;
	*) die "SALLYPORT_PREFIX has to begin with /" ;;
	esac
	list=$prefix/share/sallyport/installed
	case ${1:-} in
	'') ;;
	--uninstall) uninstall; return ;;
	*) die "unknown argument $1; there is --uninstall" ;;
	esac
	work=$(mktemp -d "${TMPDIR:-/tmp}/sallyport.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	if [ -n "${SALLYPORT_BASE:-}" ]; then
		release
	else
		build
	fi
	install
}

{ main "$@"; exit; }
