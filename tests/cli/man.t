#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Manual pages and --help agree, and every page formats without a warning.

. "$(dirname "$0")/../lib.sh"

BOX=$(dirname "$CW")/cocobox
run "$TOP/scripts/check-man.sh" "$CW" "$BOX"
is "$rc" 0 'pages and --help agree'
is "$err" '' 'and nothing is said'

# a program with an option that no page has
cat >"$tap_tmp/fake" <<END
#!/bin/sh
"$CW" "\$@"
[ "\$1" != watch ] || echo '      --undocumented         an option'
END
chmod +x "$tap_tmp/fake"
run "$TOP/scripts/check-man.sh" "$tap_tmp/fake" "$BOX"
is "$rc" 1 'an option without an entry is found'
like "$err" 'cocowatch-watch.*--undocumented|< --undocumented' 'and named'

cat >"$tap_tmp/fake" <<END
#!/bin/sh
"$BOX" "\$@"
[ "\$1" != run ] || echo '      --undocumented         an option'
END
run "$TOP/scripts/check-man.sh" "$CW" "$tap_tmp/fake"
is "$rc" 1 'an option of cocobox without an entry is found'
like "$err" 'man/cocobox.1.*--undocumented|< --undocumented' 'and named'
done_testing
