// A program that lives on Boost: trees, indexes, graphs, parsers, threads. The
// same words come out whatever stands before its allocator.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/container/flat_map.hpp>
#include <boost/container/stable_vector.hpp>
#include <boost/geometry.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <boost/lockfree/queue.hpp>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index_container.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <boost/pool/object_pool.hpp>
#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

uint64_t random_state = 1;
uint64_t random_number() {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return random_state >> 33;
}

uint64_t json() {
  boost::property_tree::ptree tree;
  for (int i = 0; i < 300; ++i) {
    tree.put("level" + std::to_string(i % 10) + ".key" + std::to_string(i),
             random_number());
  }
  std::stringstream text;
  boost::property_tree::write_json(text, tree);
  boost::property_tree::ptree again;
  boost::property_tree::read_json(text, again);
  uint64_t sum = 0;
  for (const auto& level : again) {
    for (const auto& [key, value] : level.second) {
      sum += value.get_value<uint64_t>();
    }
  }
  return sum;
}

struct Item {
  uint64_t id = 0;
  std::string name;
};
namespace mi = boost::multi_index;
using Items = mi::multi_index_container<
    Item,
    mi::indexed_by<
        mi::hashed_unique<mi::member<Item, uint64_t, &Item::id>>,
        mi::ordered_non_unique<mi::member<Item, std::string, &Item::name>>>>;

uint64_t indexes() {
  Items items;
  for (uint64_t i = 0; i < 3000; ++i) {
    items.insert({i, "a rather long name, number " +
                         std::to_string(random_number() % 500)});
  }
  for (uint64_t i = 0; i < 3000; i += 3) items.get<0>().erase(i);
  uint64_t sum = 0;
  for (const Item& item : items.get<1>()) sum = sum * 31 + item.id;
  return sum;
}

uint64_t graph() {
  using Weight = boost::property<boost::edge_weight_t, int>;
  boost::adjacency_list<boost::listS, boost::vecS, boost::directedS,
                        boost::no_property, Weight>
      roads(400);
  for (int i = 0; i < 4000; ++i) {
    boost::add_edge(random_number() % 400, random_number() % 400,
                    Weight(static_cast<int>(random_number() % 100)), roads);
  }
  std::vector<int> distances(400);
  boost::dijkstra_shortest_paths(roads, 0,
                                 boost::distance_map(distances.data()));
  uint64_t sum = 0;
  for (const int each : distances) sum = sum * 7 + static_cast<uint64_t>(each);
  return sum;
}

uint64_t geometry() {
  namespace bg = boost::geometry;
  using Point = bg::model::point<double, 2, bg::cs::cartesian>;
  bg::index::rtree<Point, bg::index::quadratic<16>> tree;
  for (int i = 0; i < 3000; ++i) {
    tree.insert(Point(static_cast<double>(random_number() % 1000),
                      static_cast<double>(random_number() % 1000)));
  }
  std::vector<Point> found;
  tree.query(bg::index::nearest(Point(500, 500), 100),
             std::back_inserter(found));
  double sum = 0;
  for (const Point& each : found) sum += each.get<0>() + each.get<1>();
  return static_cast<uint64_t>(sum);
}

uint64_t big_numbers() {
  boost::multiprecision::cpp_int product = 1;
  for (int i = 2; i < 700; ++i) product *= i;
  return static_cast<uint64_t>(product % 1000000007) + product.str().size();
}

uint64_t posts() {
  boost::asio::io_context context;
  uint64_t sum = 0;
  for (int i = 0; i < 3000; ++i) {
    boost::asio::post(context, [&sum, text = std::string(100, 'p'), i] {
      sum += text.size() + static_cast<size_t>(i);
    });
  }
  context.run();
  return sum;
}

uint64_t queues() {
  boost::lockfree::queue<uint64_t*> queue(128);
  std::thread writer([&] {
    for (uint64_t i = 0; i < 20000; ++i) {
      auto* value = new uint64_t(i);
      while (!queue.push(value)) std::this_thread::yield();
    }
  });
  uint64_t sum = 0;
  for (int taken = 0; taken < 20000;) {
    uint64_t* value = nullptr;
    if (!queue.pop(value)) {
      std::this_thread::yield();
      continue;
    }
    sum += *value;
    delete value;
    ++taken;
  }
  writer.join();
  return sum;
}

uint64_t containers() {
  boost::container::flat_map<uint64_t, std::string> map;
  boost::container::stable_vector<std::string> strings;
  boost::object_pool<Item> pool;
  for (int i = 0; i < 2000; ++i) {
    map[random_number() % 1000] = std::string(random_number() % 200, 'm');
    strings.push_back(std::string(random_number() % 100, 's'));
    if (i % 7 == 0) strings.erase(strings.begin());
    pool.construct();
  }
  uint64_t sum = strings.size();
  for (const auto& [key, text] : map) sum += key * text.size();
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  uint64_t sum = 0;
  for (int i = 0; i < rounds; ++i) {
    for (uint64_t (*work)() : {json, indexes, graph, geometry, big_numbers,
                               posts, queues, containers}) {
      sum = sum * 1000003 + work();
    }
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sum));
  return 0;
}
