# The README's walk at the address BASE, in the folder WORK, and what it leaves in the data folder DATA; then every line of
# events/README.md, at PORT. The first failure ends it.
set -euo pipefail
readme=$PWD/README.md events=$PWD/events/README.md
cd "$WORK"

# The commands of the block after a mark.
block() {
    sed -n "/<!-- $1 -->/,/^\`\`\`\$/p" "$readme" | sed -n 's/^\$ //p' | grep -v '^BASE=' || true
}

# Waits until a command succeeds.
eventually() {
    for _ in $(seq 300); do
        if "$@"; then return; fi
        sleep 0.2
    done
    echo "in vain: $*" >&2
    return 1
}

is_up() { curl -sf -o /dev/null "$BASE/readyz"; }
is_mailed() { grep -qsr "X-Invoice-Upload-Id: ${INVOICE##*/}" "$DATA/mails" --include=*.eml; }

eventually is_up
# A slow machine needs more time than the README asks for.
eval "$(block walk | sed 's/wait=10/wait=30/')"
test "$(head -c 5 invoice.pdf)" = "%PDF-"
echo "the walk of the README made invoice.pdf, $(wc -c < invoice.pdf) bytes"

curl -sf "$BASE/download?fid=$FID" -H "Authorization: Bearer $TOKEN" -o again.pdf
cmp invoice.pdf again.pdf
state=$(curl -sf "$BASE$INVOICE" -H "Authorization: Bearer $TOKEN")
digest=$(sha256sum invoice.pdf | cut -d ' ' -f 1)
grep -q "\"sha256\":\"$digest\"" <<< "$state"
echo "it is byte-exact: SHA-256 $digest"

eventually is_mailed
echo "its mail lies in the data folder"

eval "$(block 'hand in')"
echo

sed -n 's/.*`\(cargo lambda invoke [^`]*\)` |$/\1/p' "$events" | sort -u > lines
while read -r line; do
    $line -P "$PORT" > answer 2>&1 < /dev/null || { echo "failed: $line"; cat answer; exit 1; }
done < lines
echo "$(wc -l < lines) events were sent by the lines of events/README.md"
