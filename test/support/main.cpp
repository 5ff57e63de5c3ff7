#define BOOST_TEST_MODULE EVOFACTOR_TEST_NAME
#include <boost/test/unit_test.hpp>
