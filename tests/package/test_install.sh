#!/bin/bash
# An installation, moved afterwards: what is in it, and programs of others that use it.
. "${FCAST_SOURCE_DIR:?}/tests/package/common.sh" || exit 1

check "it installs" cmake --install "$FCAST_BINARY_DIR" --prefix "$scratch/first"
check "modulefiles know where" grep -q "$scratch/first/bin" first/share/modulefiles/flockcast/*.lua
mv first prefix
for file in bin/flockcast share/doc/flockcast/LICENSE share/doc/flockcast/docs/library.md share/flockcast/configs/flock.yml \
    share/doc/flockcast/examples/forecast/main.c include/flockcast/flockcast.h; do
  check "$file is there" test -s "prefix/$file"
done
check "the program runs" prefix/bin/flockcast config --config prefix/share/flockcast/configs/flock.yml

check "links in the documentation lead somewhere" "$FCAST_PYTHON" -c '
import pathlib, re
pages = list(pathlib.Path("prefix/share/doc/flockcast").rglob("*.md"))
links = [page.parent / link for page in pages for link in re.findall(r"\]\(([^)#:]+)[)#]", page.read_text())]
gone = [str(link) for link in links if not link.exists()]
assert links and not gone, gone'

# Every header stands alone in both languages; flockcast.h has them all.
(cd prefix/include && printf '#include "%s"\n' flockcast/*.h | grep -v '/flockcast.h') >wanted
grep '^#include "flockcast' prefix/include/flockcast/flockcast.h >found
check "flockcast.h is the one include" cmp wanted found
check "headers are C17" "$FCAST_CC" -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iprefix/include -x c prefix/include/flockcast/*.h
check "headers are C++17" clang++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Wno-unused-function -fsyntax-only -Iprefix/include -x c++ \
  prefix/include/flockcast/*.h

for example in forecast order_curve; do
  with_make "$scratch/prefix" $example
  with_cmake "$scratch/prefix" $example
done
check "numpy reads what they write" "$FCAST_PYTHON" -c '
import numpy as np
curve, pod = np.load("order_curve.with_make/order_curve.npz"), np.load("forecast.with_make/pod_model.npz")
assert curve["polarization"].shape == (10,) and pod["U"].shape == (1024, 40)'
check "and the program" prefix/bin/flockcast info forecast.with_make/mvar_model.npz
finish
