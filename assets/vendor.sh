#!/bin/sh
# Fetches htmx and the extensions that we use from npm, at the version and with
# the checksums that vendor/htmx/VENDORED tells, and puts them in place
# unmodified. It changes nothing when anything differs.
#
# To move to another version: write it into VENDORED with its checksums (the
# package's is the one of "npm pack", see "npm view htmx.org dist"), run this,
# and try the room in a browser: the end-to-end tests do.
set -eu
cd "$(dirname "$0")/vendor/htmx"

package=$(sed -n 's/^package: *//p' VENDORED)
archive_sum=$(sed -n 's/^archive-sha256: *//p' VENDORED)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm pack --silent --pack-destination "$work" "$package" >/dev/null
archive=$(ls "$work"/*.tgz)
echo "$archive_sum  $archive" | sha256sum --check --quiet
tar -xzf "$archive" -C "$work"

# Lines such as "sha256 file path-in-the-package", after "files:".
sed -n '/^files:/,$p' VENDORED | sed 1d | while read -r sum file path; do
	echo "$sum  $work/$path" | sha256sum --check --quiet
	cp "$work/$path" "$work/$file.checked"
done
sed -n '/^files:/,$p' VENDORED | sed 1d | while read -r sum file path; do
	cp "$work/$file.checked" "$file"
	echo "$file: $package"
done
