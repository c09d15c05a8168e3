// Which frame of a stack names a site. The innermost frames of an allocation
// are plumbing (malloc, operator new, a container growing); the first frame of
// the user's own code is the one that took the memory, and titles the site.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/site.h"

namespace tidemark {

// "Cart::checkout" of "void Cart::checkout<int>(Order const&) const": without
// return type, parameters and template arguments.
std::string short_function(std::string_view demangled);

// A frame of an allocator, of the language's runtime or of a well-known
// wrapper around them; of a library of those also when it has no name.
bool is_plumbing(const StackFrame& frame);

// The index of the frame that titles the site; 0 when all is plumbing, which
// then is all there is to say.
size_t title_frame(std::span<const StackFrame> frames);

// "Cart::checkout (cart.cpp:88)"; without a name "shop+0x1234 [b01dface]".
std::string frame_text(const StackFrame& frame);
// The same of the frame that titles the stack; "unknown stack" when empty.
std::string site_title(std::span<const StackFrame> frames);
// Who called that frame, innermost first, each with ", inlined" where it was.
std::vector<std::string> caller_texts(std::span<const StackFrame> frames);

}  // namespace tidemark
